"""What the losses between lazy and rich say: rise, delay, and the frozen kernel's end."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import grokking
from redrawn.studies.grokking.lazy import CONFIGURATIONS, HEADLINE, Settings, draw, target


def kernel_ratio(settings: Settings, frame: pd.DataFrame, seed: int, device: str) -> np.ndarray:
    """Return the test loss at α = 1000 over that of the frozen initial kernel, both on fresh samples, by seed.

    The frozen kernel's predictions after as many steps come in closed form, on samples of their own.
    """
    x, beta, start, _, epsilon, _ = draw(settings, seed, device)
    source = torch.Generator().manual_seed(1000 * seed + 8)
    shape = (settings.seeds, 10_000, settings.dimension)
    fresh = torch.randn(shape, generator=source, dtype=torch.float64) / settings.dimension**0.5
    fresh, epsilon = fresh.to(device), epsilon[[list(CONFIGURATIONS).index("α = 1000")]]
    errors = []
    for i in range(
        settings.seeds
    ):  # one after another: all kernels together do not fit into the cache
        one = slice(i, i + 1)
        state = grokking.State(*(moment[one] for moment in start))
        own, cross = (grokking.gram(state, p, x[one], epsilon) for p in (x[one], fresh[one]))
        y = target(x[one], beta[one])
        found = grokking.frozen_kernel_descent(own[:, 0], cross[:, 0], y, settings.steps)
        errors.append((found - target(fresh[one], beta[one])).square().mean().item())
    return last(frame, "α = 1000", "test") / np.array(errors)


def series(frame: pd.DataFrame, name: str, column: str) -> np.ndarray:
    """Return one configuration's column, shape (seeds, looks)."""
    return frame[frame.name == name].pivot(index="seed", columns="step", values=column).to_numpy()


def last(frame: pd.DataFrame, name: str, column: str) -> np.ndarray:
    """Return one configuration's column at the last step, one value a seed."""
    return series(frame, name, column)[:, -1]


def delay(frame: pd.DataFrame, name: str, level: float = 0.1) -> np.ndarray:
    """Return log₁₀ of the steps from train to test loss below `level` of the initial; the budget where never."""
    steps = np.sort(frame.step.unique())

    def crossing(column):
        values = series(frame, name, column)
        below = values < level * values[:, :1]
        return np.where(below.any(1), steps[below.argmax(1)], steps[-1])

    return np.log10(np.maximum(crossing("test") - crossing("train"), 1))


def rise(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest test loss over the initial, and the linear term's share of all terms' gains at that peak.

    The peak is looked for after the first step, so that every seed has one.
    """
    test = series(frame, HEADLINE, "test")
    rows, peak = np.arange(len(test)), 1 + test[:, 1:].argmax(1)
    gains = {}
    for name in ("size", "misaligned", "linear"):
        values = series(frame, HEADLINE, name)
        gains[name] = np.maximum(values[rows, peak] - values[:, 0], 0)
    return test.max(1) / test[:, 0], gains["linear"] / np.maximum(sum(gains.values()), 1e-12)
