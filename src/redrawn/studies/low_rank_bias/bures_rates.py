"""Deep linear generators under the Bures-Wasserstein loss: how fast descent converges, by depth and smoothing."""

import itertools

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import copies, generator
from redrawn.studies.low_rank_bias.bures import Settings

N = 20
TAUS = (0.1, 0.5)
EVERY = 4
"""Steps between two measurements of a path."""


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
    starts = []
    for tau in TAUS:  # the same targets and the same change
        source = generator(seed + 200)
        sigma = targets(settings.seeds, source)
        starts.append(close_start(sigma, tau, source))
    first, sigma = torch.cat(starts), copies(sigma, len(TAUS))
    tau = torch.tensor(TAUS, dtype=torch.float64).repeat_interleave(settings.seeds)
    smoothing = tau[:, None, None]
    root = low_rank.symmetric_power(sigma, 0.5)
    least = torch.linalg.eigvalsh(sigma)[:, 0]
    frames = []
    for depth in settings.depths:
        layers = [low_rank.symmetric_power(first, 0.5 / depth)] * depth
        step = settings.pace / depth
        excess, smallest = [], []
        for count in range(settings.steps):
            product = layers[0]
            for w in layers[1:]:
                product = w @ product
            if count % EVERY == 0:
                excess.append(low_rank.bures_loss(product, root, smoothing))
                smallest.append(torch.linalg.svdvals(product)[:, -1])
            outer = low_rank.bures_gradient(product, root, smoothing)
            gradients = low_rank.chain_gradients(layers, outer)
            layers = [w - step * g for w, g in zip(layers, gradients, strict=True)]
        excess = torch.stack(excess).clamp_min(1e-13)
        c = torch.stack(smallest).amin(0)
        ceiling = 2 * (excess[0] + sigma.diagonal(dim1=1, dim2=2).sum(1))
        k = (tau * least).sqrt() / (2 * ceiling**2)
        time = step * torch.arange(0, settings.steps, EVERY, dtype=torch.float64)[:, None]
        bound = excess[0] * torch.exp(-8 * depth * c ** (2 * (2 * depth - 1) / depth) * k * time)
        imbalance = torch.zeros(len(tau), dtype=torch.float64)
        for low, high in itertools.pairwise(layers):
            gap = (high.mT @ high - low @ low.mT).norm(dim=(1, 2))
            imbalance = torch.maximum(imbalance, gap / (low @ low.mT).norm(dim=(1, 2)))
        for i in range(len(tau)):
            frames.append(pd.DataFrame({
                "tau": float(tau[i]), "depth": depth, "seed": i % settings.seeds, "time": time[:, 0].numpy(),
                "excess": excess[:, i].numpy(), "bound": bound[:, i].numpy(),
                "imbalance": float(imbalance[i])}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


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
