"""Deep linear generators under the Bures-Wasserstein loss: critical points, rates, curvature."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import integrate
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator

N = 20
TAUS = (0.1, 0.5)
EVERY = 4
"""Steps between two measurements of a path."""

SINGULAR = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)


@dataclass(frozen=True)
class Settings:
    """Sizes; `pace` is the step of gradient descent times the depth."""

    depths: tuple[int, ...]
    seeds: int = 4
    pace: float = 0.008
    steps: int = 700
    rank: int = 10
    digit_steps: int = 1500


SETTINGS = {
    "quick": Settings((1, 2, 8, 16), seeds=3),
    "standard": Settings((1, 2, 5, 10, 20, 40), digit_steps=4000),
    "paper": Settings((1, 7, *range(10, 101, 5)), seeds=10, pace=0.001, steps=10_000),
}


def digit_covariance(seeds: int, source) -> torch.Tensor:
    """Return covariances of 8-by-8 digits in units of their mean variance, each of a random half of the data."""
    images = torch.tensor(digits.mnist()[0])[:, None]
    small = functional.interpolate(images, (8, 8), mode="area").flatten(1)
    found = []
    for _ in range(seeds):
        half = small[torch.randperm(len(small), generator=source)[: len(small) // 2]]
        c = torch.cov(half.T)
        found.append(c / c.diagonal().mean())
    return torch.stack(found)


def critical_gradients(seed: int, seeds: int = 4, tau: float = 0.1) -> list[float]:
    """Return the largest entry of the gradient over all predicted critical points of rank 3 of six dimensions."""
    source, found = generator(seed), []
    for _ in range(seeds):
        x = torch.randn(6, 6, generator=source, dtype=torch.float64)
        sigma = x @ x.T + tau * torch.eye(6, dtype=torch.float64)
        root = low_rank.symmetric_power(sigma, 0.5)
        points = [
            low_rank.critical_point(sigma, list(chosen), tau)
            for chosen in itertools.combinations(range(6), 3)
        ]
        found.append(max(float(low_rank.bures_gradient(w, root, tau).abs().max()) for w in points))
    return found


def fit_digits(settings: Settings, seed: int, tau: float = 0.05) -> pd.DataFrame:
    """Descend with two layers of rank k from a random start towards the digits' covariance.

    Returns:
        Frame (seed, minimum, predicted, start, end): the loss at the top k eigenpairs, the closed form, and the
        losses before and after descent.
    """
    source, k = generator(seed + 100), settings.rank
    sigma = digit_covariance(settings.seeds, source)
    root = low_rank.symmetric_power(sigma, 0.5)
    n = sigma.shape[-1]
    layers = [
        0.3 * torch.randn(settings.seeds, k, k, generator=source, dtype=torch.float64),
        0.3 * torch.randn(settings.seeds, n, k, generator=source, dtype=torch.float64),
    ]
    start = low_rank.bures_loss(layers[1] @ layers[0], root, tau)
    for _ in range(settings.digit_steps):
        outer = low_rank.bures_gradient(layers[1] @ layers[0], root, tau)
        gradients = low_rank.chain_gradients(layers, outer)
        layers = [w - 0.02 * g for w, g in zip(layers, gradients, strict=True)]
    end = low_rank.bures_loss(layers[1] @ layers[0], root, tau)
    rows = []
    for i in range(settings.seeds):
        w = low_rank.critical_point(sigma[i], list(range(k)), tau)
        least = low_rank.minimal_loss(torch.linalg.eigvalsh(sigma[i]), k, tau)
        values = (low_rank.bures_loss(w, root[i], tau), least, start[i], end[i])
        rows.append((i, *map(float, values)))
    return pd.DataFrame(rows, columns=["seed", "minimum", "predicted", "start", "end"])


def targets(seeds: int, source) -> torch.Tensor:
    """Draw covariances whose eigenvalues fall like 1/i from twenty, with noise, the least shifted to one."""
    found = []
    for _ in range(seeds):
        noise = torch.randn(N, generator=source, dtype=torch.float64)
        values = N / torch.arange(1, N + 1) + noise
        values = values - values.min() + 1
        q = torch.linalg.qr(torch.randn(N, N, generator=source, dtype=torch.float64)).Q
        found.append((q * values) @ q.T)
    return torch.stack(found)


def close_start(sigma: torch.Tensor, tau: float, source) -> torch.Tensor:
    """Return WWᵀ near Σ - τI: a random symmetric change, shrunk until √L₀ < √λ_min and WWᵀ is well conditioned."""
    n = sigma.shape[-1]
    noise = torch.randn(sigma.shape, generator=source, dtype=torch.float64)
    change = noise + noise.mT
    base = sigma - tau * torch.eye(n, dtype=torch.float64)
    root = low_rank.symmetric_power(sigma, 0.5)
    least = torch.linalg.eigvalsh(sigma)[:, 0]
    size = torch.ones(len(sigma), 1, 1, dtype=torch.float64)
    while True:
        trial = base + size * change
        good = torch.linalg.eigvalsh(trial)[:, 0] > 0.25 * (least - tau)
        loss = low_rank.bures_loss(low_rank.symmetric_power(trial, 0.5), root, tau)
        good &= loss < least
        if good.all():
            return trial
        size = torch.where(good[:, None, None], size, 0.95 * size)


def converge(settings: Settings, seed: int) -> pd.DataFrame:
    """Descend from balanced starts at every depth and smoothing.

    Returns:
        Frame (tau, depth, seed, time, excess, bound, imbalance): L - L*, its bound by the convergence theorem with c
        the least singular value of W on the way, and the change of the imbalance relative to ‖W_1‖².
    """
    frames = []
    for tau in TAUS:
        source = generator(seed + 200)
        sigma = targets(settings.seeds, source)
        root = low_rank.symmetric_power(sigma, 0.5)
        first = close_start(sigma, tau, source)
        least = torch.linalg.eigvalsh(sigma)[:, 0]
        for depth in settings.depths:
            layers = [low_rank.symmetric_power(first, 0.5 / depth)] * depth
            step = settings.pace / depth
            excess, smallest = [], []
            for count in range(settings.steps):
                product = layers[0]
                for w in layers[1:]:
                    product = w @ product
                if count % EVERY == 0:
                    excess.append(low_rank.bures_loss(product, root, tau))
                    smallest.append(torch.linalg.svdvals(product)[:, -1])
                outer = low_rank.bures_gradient(product, root, tau)
                gradients = low_rank.chain_gradients(layers, outer)
                layers = [w - step * g for w, g in zip(layers, gradients, strict=True)]
            excess = torch.stack(excess).clamp_min(1e-13)
            c = torch.stack(smallest).amin(0)
            ceiling = 2 * (excess[0] + sigma.diagonal(dim1=1, dim2=2).sum(1))
            k = (tau * least).sqrt() / (2 * ceiling**2)
            time = step * torch.arange(0, settings.steps, EVERY, dtype=torch.float64)[:, None]
            bound = excess[0] * torch.exp(
                -8 * depth * c ** (2 * (2 * depth - 1) / depth) * k * time
            )
            imbalance = torch.zeros(settings.seeds, dtype=torch.float64)
            for low, high in itertools.pairwise(layers):
                gap = (high.mT @ high - low @ low.mT).norm(dim=(1, 2))
                imbalance = torch.maximum(imbalance, gap / (low @ low.mT).norm(dim=(1, 2)))
            for i in range(settings.seeds):
                frames.append(pd.DataFrame({
                    "tau": tau, "depth": depth, "seed": i, "time": time[:, 0].numpy(),
                    "excess": excess[:, i].numpy(), "bound": bound[:, i].numpy(),
                    "imbalance": float(imbalance[i])}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def flow_times(settings: Settings, seed: int, tau: float = 0.1, share: float = 1e-4) -> list[float]:
    """Return how much later or sooner descent of two layers loses all but `share` of its excess than the flow does.

    The flow is integrated by an adaptive Runge-Kutta method of order five; the difference is relative, a value a seed.
    """
    source, found = generator(seed + 600), []
    sigma = targets(settings.seeds, source)
    root = low_rank.symmetric_power(sigma, 0.5)
    first = low_rank.symmetric_power(close_start(sigma, tau, source), 0.25)
    step = settings.pace / 2
    for r, w in zip(root, first, strict=True):
        start = torch.stack([w, w])
        level = share * float(low_rank.bures_loss(w @ w, r, tau))

        def slope(layers, r=r):
            outer = low_rank.bures_gradient(layers[1] @ layers[0], r, tau)
            return -torch.stack(low_rank.chain_gradients([*layers], outer))

        def above(_, flat, r=r, level=level, shape=start.shape):
            low, high = torch.tensor(flat).reshape(shape)
            return math.log(float(low_rank.bures_loss(high @ low, r, tau)) / level)

        above.terminal = True
        flow = integrate.solve_ivp(
            lambda _, flat, shape=start.shape, f=slope: f(torch.tensor(flat).reshape(shape)).numpy().ravel(),
            (0, settings.steps * step), start.numpy().ravel(), events=above, rtol=1e-7, atol=1e-9,
        )  # fmt: skip
        layers, heights = start, [above(0, start.numpy())]
        while heights[-1] > 0 and len(heights) < settings.steps:
            layers = layers + step * slope(layers)
            heights.append(above(0, layers.numpy()))
        crossing = len(heights) - 1 - heights[-1] / (heights[-1] - heights[-2])
        found.append(abs(crossing * step / flow.t[-1] - 1))
    return found


def rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return (tau, depth, seed, rate): the fitted fall of log₁₀ of the excess a unit of time.

    It is fitted where the excess lies within 10⁻³·⁵ and 10⁻².
    """
    rows = []
    for key, part in frame.groupby(["tau", "depth", "seed"]):
        inside = part[(part.excess > 10**-3.5) & (part.excess < 1e-2)]
        if len(inside) > 2:
            rows.append((*key, -np.polyfit(inside.time, np.log10(inside.excess), 1)[0]))
    return pd.DataFrame(rows, columns=["tau", "depth", "seed", "rate"])


def linearity(found: pd.DataFrame) -> list[float]:
    """Return r² of the rate on the depth, the least over smoothings, seed by seed."""
    r2 = found.groupby(["seed", "tau"])[["depth", "rate"]].apply(
        lambda part: np.corrcoef(part.depth, part.rate)[0, 1] ** 2
    )
    return r2.groupby("seed").min().tolist()


def over_bound(frame: pd.DataFrame) -> list[float]:
    """Return the largest log₁₀ of the excess over the bound, seed by seed."""
    return np.log10(frame.excess / frame.bound).groupby(frame.seed).max().tolist()


def imbalance(frame: pd.DataFrame) -> list[float]:
    """Return the largest change of the imbalance over depths and smoothings, seed by seed."""
    return frame.groupby("seed").imbalance.max().tolist()


def curvature(seed: int, seeds: int = 4, n: int = 5, k: int = 3) -> pd.DataFrame:
    """Return (loss, seed, singular, curvature): the Hessian's largest absolute eigenvalue at a small singular value.

    W is n by k with k < n: a square matrix has no kink where one singular value alone vanishes.
    """
    source, rows = generator(seed + 400), []
    for i in range(seeds):
        x = torch.randn(n, n, generator=source, dtype=torch.float64)
        root = low_rank.symmetric_power(x @ x.T / n + torch.eye(n, dtype=torch.float64), 0.5)
        u, _, v = torch.linalg.svd(torch.randn(n, n, generator=source, dtype=torch.float64))
        v = torch.linalg.qr(v[:k, :k]).Q
        for small in SINGULAR:
            values = torch.cat([torch.linspace(2.5, 1.2, k - 1), torch.tensor([small])]).double()
            for label, tau in (("plain", 0.0), ("smoothed", 0.1)):

                def loss(flat, tau=tau, root=root):
                    return low_rank.bures_loss(flat.reshape(n, k), root, tau)

                hessian = torch.autograd.functional.hessian(
                    loss, ((u[:, :k] * values) @ v).flatten()
                )
                rows.append((label, i, small, float(torch.linalg.eigvalsh(hessian).abs().max())))
    return pd.DataFrame(rows, columns=["loss", "seed", "singular", "curvature"])


def growth(found: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of the curvature at the smallest singular value over that at the largest."""
    table = found.pivot_table("curvature", ["loss", "seed"], "singular")
    ratio = np.log10(table[min(SINGULAR)] / table[max(SINGULAR)])
    return {label: ratio[label].tolist() for label in ("plain", "smoothed")}


def excess_shares(fitted: pd.DataFrame) -> list[float]:
    """Return the excess over the minimum that is left, as a share of the start's."""
    return ((fitted.end - fitted.predicted) / (fitted.start - fitted.predicted)).tolist()


def formula_errors(fitted: pd.DataFrame) -> list[float]:
    """Return the relative difference of the loss at the top eigenpairs from the closed form."""
    return [
        abs(a - b) / max(abs(b), math.ulp(1.0))
        for a, b in zip(fitted.minimum, fitted.predicted, strict=True)
    ]
