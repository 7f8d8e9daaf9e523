"""How bounds of one network compare: from the frame of `sdp.bounds` to what claims are measured by."""

import numpy as np
import pandas as pd

from redrawn.studies.tidy import log_ratio

ROUNDING = 1e-5  # single precision of samples, and the solver's tolerance


def ratios(frame: pd.DataFrame, above: str, below: str) -> pd.DataFrame:
    """Return bounds of one method over those of another: a column a net and a row a seed that have both."""
    table = frame.pivot(index="seed", columns=["method", "net"], values="bound")
    return (table[above] / table[below]).dropna(axis=1, how="all").dropna()


def largest(*tables: pd.DataFrame) -> list[float]:
    """Return the largest ratio in tables of `ratios`, one value a seed."""
    return np.max([table.max(axis=1) for table in tables], axis=0).tolist()


def exceeding(*tables: pd.DataFrame) -> list[float]:
    """Return the share of ratios above one, but for what rounding does, one value a seed."""
    return (pd.concat(tables, axis=1) > 1 + ROUNDING).mean(axis=1).tolist()


def orders_by_depth(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of the product over the new bound by depth, one value a seed, at the width of the widest of the deepest."""
    width = frame[frame.layers == frame.layers.max()].width.max()
    found = frame[frame.width == width].groupby("layers")
    return {
        f"{depth} layers": log_ratio(rows, "method", "bound", "product", "new").tolist()
        for depth, rows in found
    }
