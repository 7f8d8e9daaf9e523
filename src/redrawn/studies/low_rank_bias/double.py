"""Low rank plus sparse by two learning rates, against the convex programme that they imply."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator

RANKS, SHARES = (2, 5), (0.1, 0.3)
CURVE = (1.0, 3.0, None, 20.0)
"""Ratios α; None stands for √n."""


@dataclass(frozen=True)
class Settings:
    """Sizes of all experiments; `pursuit_steps` solve the convex programme beside which descent is laid."""

    n: int
    steps: int
    side: int
    width: int
    image_steps: int
    seeds: int = 4
    convex_seeds: int = 8
    image_seeds: int = 6
    scale: float = 1e-3
    convex_steps: int = 10_000
    pursuit_steps: int = 400
    recovery_pursuit_steps: int = 300
    levels: tuple[float, ...] = (0.3, 0.5)
    rate: float = 0.5
    image_ratio: float = 10.0
    momentum: float = 0.9


SETTINGS = {
    "quick": Settings(
        n=50,
        steps=1200,
        side=32,
        width=8,
        image_steps=125,
        seeds=3,
        convex_steps=3000,
        convex_seeds=6,
        image_seeds=2,
        pursuit_steps=200,
        recovery_pursuit_steps=150,
    ),
    "standard": Settings(100, 6000, 32, 16, 800, convex_steps=20_000, levels=(0.1, 0.3, 0.5, 0.7)),
    "paper": Settings(200, 20_000, 512, 128, 150_000, seeds=10, image_seeds=1),
}


def problems(n: int, rank: int, share: float, seeds: int, source):
    """Draw low-rank matrices of spectral norm 5 and symmetric outliers N(0, (10 mean |X|)²) on a share of entries."""
    u = torch.randn(seeds, n, rank, generator=source, dtype=torch.float64)
    x = u @ u.mT
    x = 5 * x / torch.linalg.matrix_norm(x, 2)[:, None, None]
    noise = torch.randn(seeds, n, n, generator=source, dtype=torch.float64).triu()
    hit = torch.rand(seeds, n, n, generator=source).triu() > 1 - share
    outliers = 10 * x.abs().mean((1, 2))[:, None, None] * noise * hit
    return x, x + outliers + outliers.triu(1).mT


def rate_of(ratio: torch.Tensor) -> torch.Tensor:
    """Return the learning rate of U: that of g and h is α times as large, and must not be too large."""
    return (0.05 / ratio).clamp_max(2e-2)


def descend(y, ratios, starts, steps: int):
    """Descend from every size of the start and with every ratio side by side; returns (starts, ratios, seeds, n, n)."""
    shape = (len(starts), len(ratios), len(y))
    size, ratio = (
        torch.tensor(v, dtype=torch.float64).reshape(s).expand(shape).flatten()
        for v, s in ((starts, (-1, 1, 1)), (ratios, (-1, 1)))
    )
    every = y.expand(*shape, *y.shape[1:]).flatten(0, 2)
    found, _ = low_rank.discrepant_descent(every, ratio, rate_of(ratio), size, steps)
    return found.unflatten(0, shape)


def relative(found, truth):
    """Return ‖found - truth‖ / ‖truth‖ of each matrix."""
    return ((found - truth).norm(dim=(-2, -1)) / truth.norm(dim=(-2, -1))).numpy()


def recover(settings: Settings, seed: int) -> pd.DataFrame:
    """Return (rank, share, ratio, rule, seed, error) over ranks, shares of outliers and ratios of rates."""
    source, rows = generator(seed), []
    ratios = [a or math.sqrt(settings.n) for a in CURVE]
    for rank in RANKS:
        for share in SHARES:
            x, y = problems(settings.n, rank, share, settings.seeds, source)
            errors = relative(descend(y, ratios, [settings.scale], settings.steps)[0], x)
            rows += [
                (rank, share, a, rule is None, i, error)
                for a, rule, each in zip(ratios, CURVE, errors, strict=True)
                for i, error in enumerate(each)
            ]
    return pd.DataFrame(rows, columns=["rank", "share", "ratio", "rule", "seed", "error"])


def worst_recovery(frame: pd.DataFrame) -> list[float]:
    """Return the largest error over ranks and shares with the ratio √n, seed by seed."""
    return frame[frame.rule].groupby("seed").error.max().tolist()


def convex_recovery(settings: Settings, seed: int) -> float:
    """Return the convex programme's largest error over ranks and shares with weight 1/√n, on the same matrices.

    Mean over seeds.
    """
    source, errors = generator(seed), []
    for rank in RANKS:
        for share in SHARES:
            x, y = problems(settings.n, rank, share, settings.seeds, source)
            weight = torch.full((settings.seeds,), settings.n**-0.5, dtype=torch.float64)
            found, _ = low_rank.component_pursuit(y, weight, settings.recovery_pursuit_steps)
            errors.append(relative(found, x))
    return float(np.max(errors, 0).mean())


def equal_rates(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean error over ranks and shares for equal rates and for the ratio √n."""
    return {
        "equal rates": frame[frame.ratio == 1].groupby("seed").error.mean().tolist(),
        "ratio √n": frame[frame.rule].groupby("seed").error.mean().tolist(),
    }
