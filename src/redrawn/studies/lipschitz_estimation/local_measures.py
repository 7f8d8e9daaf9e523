"""From frames of local Lipschitz constants to what claims are measured by."""

import numpy as np
import pandas as pd

from redrawn.studies import tidy
from redrawn.studies.lipschitz_estimation.local_ladder import LADDER


def means(frame: pd.DataFrame, value: str = "constant") -> dict[str, list[float]]:
    """Return {method: mean over inputs, one a seed}."""
    averages = frame.groupby(["method", "seed"], as_index=False, sort=False)[value].mean()
    return tidy.per_seed(averages, "method", value)


def far_end(frame: pd.DataFrame, panel: str, name: str, along: str) -> pd.DataFrame:
    """Return the rows with `name` in the column `panel` at the largest value of the column `along`."""
    rows = frame[frame[panel] == name]
    return rows[rows[along] == rows[along].max()]


def upper_bounds(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {method: mean over inputs, one a seed} of the methods that bound from above without exact search, loosest first."""
    found = means(frame)
    return {method: found[method] for method in LADDER[:1:-1]}


def ratio(frame: pd.DataFrame, above: str, below: str) -> list[float]:
    """Return the mean over inputs of one method's constant over another's, one a seed."""
    table = frame.pivot(index=["seed", "input"], columns="method", values="constant")
    return (table[above] / table[below]).groupby("seed").mean().tolist()


def violation(*frames: pd.DataFrame) -> list[float]:
    """Return by how much, relatively, a method exceeds the next one of the ladder at most, over all that was measured; one a seed."""
    worst = []
    for frame in frames:
        index = [c for c in frame if c not in ("method", "constant", "seconds")]
        table = frame.pivot(index=index, columns="method", values="constant")
        table = table.reindex(columns=LADDER)
        # where there is no exact constant, the sampled one stands for it
        below = table.ffill(axis=1).shift(1, axis=1)
        worst.append((below / table - 1).max(axis=1).groupby("seed").max())
    return pd.concat(worst, axis=1).max(axis=1).tolist()


def at_exact_width(frame: pd.DataFrame, place: int) -> pd.DataFrame:
    """Return the rows at one of the widths for which there are exact constants, by its place among them."""
    widths = sorted(frame[frame.method == "exact"]["size"].unique())
    return frame[(frame.sweep == "width") & (frame["size"] == widths[place])]


def growth(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of the seconds at the widest network with an exact constant over those at the next, {method: one a seed}."""
    narrow, wide = (means(at_exact_width(frame, place), "seconds") for place in (-2, -1))
    return {m: np.log10(np.divide(wide[m], narrow[m])).tolist() for m in ("exact", "ours + BaB")}


def cost(frame: pd.DataFrame) -> list[float]:
    """Return log₁₀ of the exact method's seconds over those of our bound at the widest network that has both, one a seed."""
    seconds = means(at_exact_width(frame, -1), "seconds")
    return np.log10(np.divide(seconds["exact"], seconds["ours"])).tolist()
