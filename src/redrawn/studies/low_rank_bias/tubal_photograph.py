"""Tubal tensor sensing: a photograph in colour, from a large and from a small start."""

import numpy as np
import pandas as pd
import torch

from redrawn.data import colour
from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias import tubal, tubal_descent

STARTS = {"large start": 1.0, "small start": 1e-6}
"""Sizes α: at one, U ∗ Uᵀ starts as large as the target; the small one is of the paper's range."""

SIDE, RANK = 16, 3


def draw_truth() -> torch.Tensor:
    """Return P ∗ Pᵀ cut to its tubal rank, scaled to largest eigenvalue 1 over slices.

    P is the photograph, colours along the tubes, less the mean of each row and colour.
    """
    p = torch.tensor(colour.astronaut(SIDE))
    p = p - p.mean(1, keepdim=True)
    truth = low_rank.t_product(p, low_rank.t_transpose(p))
    truth = low_rank.best_of_tubal_rank(truth, RANK)
    return truth / torch.linalg.matrix_norm(low_rank.to_slices(truth), 2).max()


def descend(settings: tubal.Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `tubal_descent.descend` for the photograph, with twice as many measurements as degrees of freedom.

    The step is 0.02 over the number of measurements, with which A*A is nearly the identity.
    """
    source, s = generator(seed + 1300), settings
    truth = draw_truth().repeat(s.seeds, 1, 1, 1)
    count = count_measurements()
    starts = {label: (2 * SIDE, size) for label, size in STARTS.items()}
    return tubal_descent.descend(
        truth, count, starts, 0.02 / count, s.photograph_steps, s.photograph_every, source
    )


def count_measurements() -> int:
    """Return the number of measurements of the photograph."""
    return 2 * tubal_descent.degrees_of_freedom(SIDE, 3, RANK)


def count_entries() -> int:
    """Return the number of free entries of a symmetric tensor of the photograph's size."""
    return tubal_descent.degrees_of_freedom(SIDE, 3, SIDE)


def residual(frame: pd.DataFrame, start: str) -> float:
    """Return the relative residual of the data at the last step, mean over seeds."""
    return float(np.mean(tubal.final(frame, "train")[start]))


def closest_steps(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the step of the closest approach to each best approximation from the small start."""
    small = frame[frame.start == "small start"]
    ranks = [f"rank {s}" for s in range(1, RANK + 1)]
    return {
        s: [float(part.step[part[s].idxmin()]) for _, part in small.groupby("seed")] for s in ranks
    }
