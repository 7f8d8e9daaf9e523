"""What is measured of minima found with several step sizes."""

import numpy as np
import pandas as pd
from torch import Tensor

CONVERGED = 1e-4  # loss below which a solution counts as a global minimum


def tabulate(steps: tuple[float, ...], seeds: int, columns: dict[str, Tensor]) -> pd.DataFrame:
    """Return (seed, step_size, ...) from columns of one value a step size and seed, seeds fastest."""
    found = {name: values.cpu().numpy() for name, values in columns.items()}
    return pd.DataFrame(
        {
            "seed": np.tile(np.arange(seeds), len(steps)),
            "step_size": np.repeat(steps, seeds),
            **found,
        }
    )


def converged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows at a global minimum: the theory is of these alone; runs that diverged or still move are left out."""
    return frame[frame.loss < CONVERGED]


def largest_product(frame: pd.DataFrame) -> list[float]:
    """Return the largest η tr(H) / 2 over step sizes, one value a seed."""
    kept = converged(frame)
    return (kept.step_size * kept.trace / 2).groupby(kept.seed).max().tolist()


def smallest_and_largest(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return a column at the smallest and at the largest step at which a seed's run found a minimum."""
    ends = converged(frame).sort_values("step_size").groupby("seed")[column]
    return {"small": ends.first().tolist(), "large": ends.last().tolist()}


def at_largest_step(
    full: pd.DataFrame, single: pd.DataFrame, column: str
) -> dict[str, list[float]]:
    """Return a column of gradient descent and SGD at the largest step at which both found a minimum, seed by seed."""
    both = converged(full).merge(
        converged(single), on=["seed", "step_size"], suffixes=("_gd", "_sgd")
    )
    last = both.sort_values("step_size").groupby("seed").last()
    return {"GD": last[f"{column}_gd"].tolist(), "SGD": last[f"{column}_sgd"].tolist()}


def trace_per_norm(frame: pd.DataFrame) -> list[float]:
    """Return the slope of the trace against the squared norm over a seed's minima, one value a seed with three of them."""
    each = [rows for _, rows in converged(frame).groupby("seed") if len(rows) > 2]
    return [np.polyfit(rows["norm"], rows["trace"], 1)[0] for rows in each]


def side_by_side(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the converged rows of all, with a column `network`."""
    return pd.concat([converged(f).assign(network=n) for n, f in frames.items()], ignore_index=True)
