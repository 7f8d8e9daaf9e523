"""Two learning rates against the convex programme that they imply, on random matrices."""

import math

import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.double import Settings, descend, problems
from redrawn.studies.low_rank_bias.incremental import name

N = 30
RATIOS = (3.0, math.sqrt(N), 10.0)
STARTS = (1e-2, 1e-4, 1e-8)
"""Sizes γ of the start; the theorem is of the limit."""

WEIGHTS = {"1/α": 1.0, "3/α": 3.0, "1/(3α)": 1 / 3}
"""Factors of the convex programme's weight, in units of 1/α."""


def distances(x, y, weights: list[str], settings: Settings) -> pd.DataFrame:
    """Compare descent from every start and with every ratio with the convex programmes of `weights`.

    Returns:
        Frame (start, ratio, weight, seed, distance): distance over the truth's norm.
    """
    found, rows = descend(y, RATIOS, STARTS, settings.convex_steps), []
    for k, ratio in enumerate(RATIOS):
        for label in weights:
            weight = torch.full((len(y),), WEIGHTS[label] / ratio, dtype=torch.float64)
            best = low_rank.component_pursuit(y, weight, settings.pursuit_steps)[0]
            apart = (found[:, k] - best).norm(dim=(2, 3)) / x.norm(dim=(1, 2))
            rows += [
                (start, ratio, label, i, float(d))
                for start, each in zip(STARTS, apart, strict=True)
                for i, d in enumerate(each)
            ]
    return pd.DataFrame(rows, columns=["start", "ratio", "weight", "seed", "distance"])


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `distances` for random matrices at every weight, `matrices` being "random"."""
    problem = problems(N, 3, 0.1, settings.convex_seeds, generator(seed + 300))
    found = distances(*problem, list(WEIGHTS), settings)
    return found.assign(matrices="random")


def by_weight(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean over ratios of the distance at weight 1/α, and at the nearer other one.

    From the smallest start.
    """
    rows = frame[frame.start == STARTS[-1]]
    table = rows.pivot_table("distance", ["seed", "ratio"], "weight")
    other = table[["3/α", "1/(3α)"]].min(axis=1)
    return {
        "weight 1/α": table["1/α"].groupby("seed").mean().tolist(),
        "nearer other weight": other.groupby("seed").mean().tolist(),
    }


def limit(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean over ratios of the distance at weight 1/α, by size of the start."""
    rows = frame[frame.weight == "1/α"]
    mean = rows.groupby(["start", "seed"]).distance.mean()
    return {name(a, "γ"): mean[a].tolist() for a in STARTS}
