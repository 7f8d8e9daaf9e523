"""Two scaling curves that may cross, of least squares by one pass of SGD (Xiao)."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.scaling import PowerLaw, expected_loss, sampled_loss
from redrawn.studies.ensemble import generator

SHARES = {"large": 0.5, "quarter": 0.125}
"""Step sizes of the toy over the sum of its variances' inverse: SGD is stable below about one."""

LAW = PowerLaw(exponent=1.5, features=4096, noise=0.1)
GROWTHS = (1.0, 1.5)
"""Data grow as this power of size; by the second, as fast as the last feature's variance falls."""


@dataclass(frozen=True)
class Settings:
    """Sizes, and runs at each; `samples` a feature train the smallest."""

    sizes: tuple[int, ...]
    runs: int
    law: PowerLaw = LAW
    samples: int = 8


SETTINGS = {
    "quick": Settings((8, 16, 32, 64, 128), 10),
    "standard": Settings((8, 16, 32, 64, 128, 256), 32),
    "paper": Settings((8, 16, 32, 64, 128, 256, 512, 1024), 64),
}


def curves(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train least squares of growing size and data by both recipes; return (growth, recipe, size, steps, seed, loss, expected)."""
    source, rows = generator(seed), []
    total = float(settings.law.variances().sum())
    shares = torch.tensor(list(SHARES.values()), dtype=torch.float64, device=device)
    for growth, size in itertools.product(GROWTHS, settings.sizes):
        smallest = settings.sizes[0]
        steps = round(settings.samples * smallest * (size / smallest) ** growth)
        exact = expected_loss(settings.law, size, steps, shares / total)
        rates = (shares / total).repeat_interleave(settings.runs)
        found = sampled_loss(settings.law, size, steps, rates, source).unflatten(
            0, (len(SHARES), -1)
        )
        for recipe, values, mean in zip(SHARES, found.tolist(), exact.tolist(), strict=True):
            rows += [
                (growth, recipe, size, steps, i, value, mean) for i, value in enumerate(values)
            ]
    return pd.DataFrame(
        rows, columns=["growth", "recipe", "size", "steps", "seed", "loss", "expected"]
    )


def ends(frame: pd.DataFrame, growth: float, size: int) -> dict[str, np.ndarray]:
    """Return {recipe: decimal logarithm of the loss, one value a seed} at one size."""
    rows = frame[(frame.growth == growth) & (frame["size"] == size)].sort_values("seed")
    return {recipe: np.log10(rows[rows.recipe == recipe].loss.to_numpy()) for recipe in SHARES}


def crossing(frame: pd.DataFrame, growth: float) -> float:
    """Return the size at which the expected losses of both recipes are equal, by interpolation; infinite if at none."""
    table = frame[frame.growth == growth].pivot_table(
        index="size", columns="recipe", values="expected"
    )
    lead = np.log(table["quarter"] / table["large"]).to_numpy()
    after = np.flatnonzero(lead < 0)
    if not after.size or not after[0]:
        return np.inf
    i = after[0]
    sizes = np.log(table.index.to_numpy()[[i - 1, i]])
    return float(np.exp(np.interp(0, -lead[[i - 1, i]], sizes)))
