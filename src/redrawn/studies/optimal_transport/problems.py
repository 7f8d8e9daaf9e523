"""The problems on which sparse Newton steps are compared with Sinkhorn: random assignment, and pairs of digits."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial.distance import cdist

from redrawn.data import digits
from redrawn.methods.transport.sinkhorn import Problem

DARK = 0.01
"""Added to each pixel, as a share of the brightest: every marginal must be positive."""


@dataclass(frozen=True)
class Settings:
    """Sizes; η, sweeps before Newton and entries kept are the paper's as far as we know them."""

    points: int
    side: int
    cap: int
    growth: tuple[int, ...] = (250, 500, 1000)
    seeds: int = 6
    pairs: int = 12
    eta: float = 1200.0
    etas: tuple[float, ...] = (100.0, 300.0, 1200.0)
    looks: tuple[int, ...] = (5, 10, 20, 50, 100, 200, 500)
    newton: int = 2000
    draws: int = 8
    rounds: int = 3
    timed: int = 500


SETTINGS = {
    "quick": Settings(
        500, 14, 8000, pairs=8, draws=4, rounds=1, timed=200, looks=(5, 10, 20, 50, 100)
    ),
    "standard": Settings(500, 28, 60_000, draws=20, rounds=5),
    "paper": Settings(
        500, 28, 200_000, (250, 500, 1000, 2000), seeds=20, pairs=50, draws=20, rounds=5
    ),
}

mnist = cache(digits.mnist)  # all pairs are drawn from the same shrunken images

CASES = ("assignment", "digits, L2", "digits, L1")


def warm_sweeps(case: str, n: int) -> int:
    """Return the sweeps before the first Newton step: the paper's 20, and 700 for L1 and 28² points, in proportion."""
    return round(700 * n / 28**2) if case == "digits, L1" else 20


KEPT = {"assignment": 3, "digits, L2": 3, "digits, L1": 29}
"""Entries of P kept, per point: λ(2n)² of the Hessian, λ = 2/n or 15/n, less its diagonal, halved."""


def assignment(n: int, eta: float, seed: int, replicate: int) -> Problem:
    """Return random assignment: costs U[0, 1], equal masses."""
    rng = np.random.default_rng([seed, replicate, n])
    mass = np.full(n, 1 / n)
    return Problem(rng.random((n, n)), mass, mass, eta)


def digit_pair(side: int, metric: str, eta: float, seed: int, replicate: int) -> Problem:
    """Return two digits as densities on the pixel grid; the largest cost is one."""
    images, _ = mnist(side)
    pick = np.random.default_rng([seed, replicate]).choice(len(images), 2, replace=False)
    pair = images[pick].reshape(2, -1)
    pair = pair + DARK * pair.max()
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 2), -1).reshape(-1, 2) / side
    cost = cdist(grid, grid, metric)
    r, c = pair / pair.sum(1, keepdims=True)
    return Problem(cost / cost.max(), r, c, eta)


def build(case: str, settings: Settings, seed: int, replicate: int) -> Problem:
    """Return a case's problem."""
    if case == "assignment":
        return assignment(settings.points, settings.eta, seed, replicate)
    metric = {"digits, L2": "sqeuclidean", "digits, L1": "cityblock"}[case]
    return digit_pair(settings.side, metric, settings.eta, seed, replicate)
