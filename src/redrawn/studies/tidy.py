"""From a tidy frame to what a claim is measured by."""

import numpy as np
import pandas as pd
from scipy import stats


def per_seed(frame: pd.DataFrame, by: str, value: str) -> dict[str, list[float]]:
    """Return {name: one value a seed, in the order of seeds}; the frame has one row a name and seed.

    Raises:
        ValueError: a name has two rows for one seed.
    """
    if frame.duplicated([by, "seed"]).any():
        raise ValueError(f"more than one row for a {by} and seed")
    ordered = frame.sort_values("seed")
    return {name: rows[value].tolist() for name, rows in ordered.groupby(by, sort=False)}


def series(frame: pd.DataFrame, x: str, value: str) -> dict[str, list]:
    """Return {"x": sorted, "y": one list a seed}, what a claim on a slope is measured by.

    Raises:
        ValueError: a seed has two rows for one x.
    """
    table = frame.pivot(index="seed", columns=x, values=value)
    return {"x": table.columns.tolist(), "y": table.to_numpy().tolist()}


def exponents(found: dict[str, list]) -> np.ndarray:
    """Return the exponent of y in x of what `series` returns, by a straight line through logarithms, one a seed."""
    x = np.log(found["x"])
    return np.array([stats.linregress(x, np.log(y)).slope for y in found["y"]])


def log_ratio(frame: pd.DataFrame, by: str, value: str, above: str, below: str) -> np.ndarray:
    """Return log₁₀ of one name's value over another's, seed by seed."""
    values = per_seed(frame, by, value)
    return np.log10(np.array(values[above]) / np.array(values[below]))
