"""Sparsity-constrained plans: limits in k, iterations, and a router of tokens."""

from dataclasses import dataclass

import numpy as np
import ot
import pandas as pd
from scipy.spatial.distance import cdist

from redrawn.methods.transport.sparse_plan import project_top_k, sparse_transport


@dataclass(frozen=True)
class Settings:
    """Sizes; n = 20 points, 32 bins and γ = 1 are those of the authors' notebooks."""

    seeds: int
    points: int = 20
    bins: int = 32
    gamma: float = 1.0
    ks: tuple[int, ...] = (1, 2, 4, 8, 20)
    tokens: int = 128
    experts: int = 8


SETTINGS = {"quick": Settings(5), "standard": Settings(10), "paper": Settings(20)}


def clouds(settings: Settings, seed: int, replicate: int):
    """Return the notebook's two Gaussian clouds as marginals and squared distances, the largest one."""
    rng = np.random.default_rng([seed, replicate])
    x = rng.normal(size=(settings.points, 2))
    y = rng.multivariate_normal([4, 4], [[1, -0.8], [-0.8, 1]], size=settings.points)
    cost = cdist(x, y, "sqeuclidean")
    mass = np.full(settings.points, 1 / settings.points)
    return mass, mass, cost / cost.max()


def sweep(settings: Settings, seed: int) -> pd.DataFrame:
    """Solve the clouds for each k.

    Returns columns name, k, seed, value, iterations, excess (most non-zeros in a column, less k), violation (L1
    error of the source marginal), exact (unregularised cost), quadratic (POT's value at k = n).
    """
    rows = []
    for i in range(settings.seeds):
        a, b, cost = clouds(settings, seed, i)
        exact = ot.emd2(a, b, cost)
        plan = ot.smooth.smooth_ot_semi_dual(a, b, cost, settings.gamma, "l2", stopThr=1e-9)
        quadratic = (plan * cost).sum() + settings.gamma / 2 * (plan**2).sum()
        for k in settings.ks:
            value, plan, iterations = sparse_transport(a, b, cost, k, gamma=settings.gamma)
            excess = (plan > 0).sum(0).max() - k
            violation = np.abs(a - plan.sum(1)).sum()
            rows.append((f"k = {k}", k, i, value, iterations, excess, violation, exact, quadratic))
    names = "name k seed value iterations excess violation exact quadratic"
    return pd.DataFrame(rows, columns=names.split())


def limits(frame: pd.DataFrame, settings: Settings):
    """Return by seed: (value less γ‖b‖²/2) over exact cost at k = 1, and |value - POT| over POT at the largest k."""
    one = frame[frame.k == 1].sort_values("seed")
    most = frame[frame.k == frame.k.max()].sort_values("seed")
    constant = settings.gamma / (2 * settings.points)
    unit = (one.value - constant) / one.exact
    return unit.to_numpy(), ((most.value - most.quadratic).abs() / most.quadratic).to_numpy()


def pictures(settings: Settings) -> tuple[dict, pd.DataFrame]:
    """Return plans of the notebook's 1-D problem {name: plan}, and (name, non_zeros, cost, violation)."""
    bins = np.arange(settings.bins)

    def bump(centre, width):
        density = np.exp(-((bins - centre) ** 2) / (2 * width**2))
        return density / density.sum()

    a, b = bump(16, 5), (bump(8, 5) + bump(24, 5)) / 2
    cost = (bins[:, None] - bins) ** 2 / (settings.bins - 1) ** 2
    plans = {
        "unregularised": ot.emd(a, b, cost),
        "entropy": ot.sinkhorn(a, b, cost, 2e-3, numItermax=20_000),
        "quadratic": sparse_transport(a, b, cost, settings.bins, gamma=0.1)[1],
        "k = 2": sparse_transport(a, b, cost, 2, gamma=0.1)[1],
    }
    rows = [
        (name, int((p > 1e-12).sum(0).max()), (p * cost).sum(), np.abs(p.sum(1) - a).sum())
        for name, p in plans.items()
    ]
    return plans, pd.DataFrame(rows, columns=["name", "non_zeros", "cost", "violation"])


def route(settings: Settings, seed: int, k: int = 2) -> pd.DataFrame:
    """Route tokens to experts of unequal favour (router, seed, largest_load over the mean load)."""
    rows = []
    for i in range(settings.seeds):
        rng = np.random.default_rng([seed, i, 7])
        scores = rng.normal(size=(settings.experts, settings.tokens))
        scores += rng.normal(size=(settings.experts, 1))
        a = np.full(settings.experts, 1 / settings.experts)
        b = np.full(settings.tokens, 1 / settings.tokens)
        # γ of the size of scores over mass, so that both chosen experts get a share
        gamma = float(settings.tokens)
        plain = project_top_k(scores / gamma, b, k)
        _, balanced, _ = sparse_transport(a, b, -scores, k, gamma=gamma)
        for name, plan in (("top-k", plain), ("sparse transport", balanced)):
            rows.append((name, i, plan.sum(1).max() * settings.experts))
    return pd.DataFrame(rows, columns=["router", "seed", "largest_load"])
