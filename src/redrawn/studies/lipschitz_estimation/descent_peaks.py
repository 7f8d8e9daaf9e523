"""Where a curve over widths or shares has its peak, and how far it rises before and falls after it."""

import numpy as np
import pandas as pd


def rise_and_fall(frame: pd.DataFrame, x: str, value: str, at: str | None = None) -> np.ndarray:
    """Return the smaller of peak over first and peak over last point, one value a seed: one for what only rises or falls.

    The peak is where the geometric mean over seeds is largest, the same for all seeds: the largest of each seed's own
    noisy values would rise and fall by itself. With `at` it is that column's peak.
    """
    table, peaks = (frame.pivot(index="seed", columns=x, values=c) for c in (value, at or value))
    peak = table[np.log(peaks).mean().idxmax()]
    return np.minimum(peak / table.iloc[:, 0], peak / table.iloc[:, -1]).to_numpy()


def place(frame: pd.DataFrame, x: str, value: str) -> np.ndarray:
    """Return where each seed's own peak is."""
    return frame.pivot(index="seed", columns=x, values=value).idxmax(axis=1).to_numpy()
