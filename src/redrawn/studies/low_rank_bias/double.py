"""Low rank plus sparse by two learning rates; and a photograph under salt-and-pepper noise."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import photographs
from redrawn.methods import low_rank
from redrawn.studies.ensemble import copies, generator, leaves
from redrawn.studies.low_rank_bias.incremental import name

RANKS, SHARES = (2, 5), (0.1, 0.3)
CURVE = (1.0, 3.0, None, 20.0)
"""Ratios α; None stands for √n."""

CONVEX_N = 30
CONVEX = (3.0, None, 10.0)
"""Ratios at which the convex programme is solved as well."""

STARTS = (1e-2, 1e-4, 1e-8)
"""Sizes γ of the start where the convex programme is solved as well; the theorem is of the limit."""


@dataclass(frozen=True)
class Settings:
    """Sizes of both experiments."""

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
    levels: tuple[float, ...] = (0.3, 0.5)
    rate: float = 0.5
    image_ratio: float = 10.0
    momentum: float = 0.9


SETTINGS = {
    "quick": Settings(
        50, 3000, 32, 8, 500, seeds=3, convex_steps=5000, convex_seeds=6, image_seeds=3
    ),
    "standard": Settings(50, 6000, 32, 16, 800, convex_steps=20_000, levels=(0.1, 0.3, 0.5, 0.7)),
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


def _descend(y, ratios, scale: float, steps: int):
    """Descend with every ratio side by side; returns (ratios, seeds, n, n)."""
    ratio = torch.tensor(ratios, dtype=torch.float64).repeat_interleave(len(y))
    rate = (0.05 / ratio).clamp_max(2e-2)
    found, _ = low_rank.discrepant_descent(y.repeat(len(ratios), 1, 1), ratio, rate, scale, steps)
    return found.unflatten(0, (len(ratios), len(y)))


def _relative(found, truth):
    return ((found - truth).norm(dim=(-2, -1)) / truth.norm(dim=(-2, -1))).numpy()


def recover(settings: Settings, seed: int) -> pd.DataFrame:
    """Return (rank, share, ratio, rule, seed, error) over ranks, shares of outliers and ratios of rates."""
    source, rows = generator(seed), []
    ratios = [a or math.sqrt(settings.n) for a in CURVE]
    for rank in RANKS:
        for share in SHARES:
            x, y = problems(settings.n, rank, share, settings.seeds, source)
            errors = _relative(_descend(y, ratios, settings.scale, settings.steps), x)
            rows += [
                (rank, share, a, rule is None, i, error)
                for a, rule, each in zip(ratios, CURVE, errors, strict=True)
                for i, error in enumerate(each)
            ]
    return pd.DataFrame(rows, columns=["rank", "share", "ratio", "rule", "seed", "error"])


def against_convex(settings: Settings, seed: int) -> pd.DataFrame:
    """Compare with the convex programmes of weight 1/α, 3/α and 1/(3α), from starts of several sizes γ.

    Returns:
        Frame (start, ratio, weight, seed, distance): distance over the truth's norm.
    """
    source, rows = generator(seed + 300), []
    x, y = problems(CONVEX_N, 3, 0.1, settings.convex_seeds, source)
    ratios = [a or math.sqrt(CONVEX_N) for a in CONVEX]
    solved = {}
    for ratio in ratios:
        for factor, label in ((1, "1/α"), (3, "3/α"), (1 / 3, "1/(3α)")):
            weight = torch.full((len(y),), factor / ratio, dtype=torch.float64)
            solved[ratio, label] = low_rank.component_pursuit(y, weight, 400)[0]
    for start in STARTS:
        found = dict(zip(ratios, _descend(y, ratios, start, settings.convex_steps), strict=True))
        for (ratio, label), best in solved.items():
            apart = (found[ratio] - best).norm(dim=(1, 2)) / x.norm(dim=(1, 2))
            rows += [(start, ratio, label, i, float(d)) for i, d in enumerate(apart)]
    return pd.DataFrame(rows, columns=["start", "ratio", "weight", "seed", "distance"])


def convex_distances(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return from the smallest start the mean over ratios of the distance at weight 1/α, and at the nearer other one."""
    rows = frame[frame.start == STARTS[-1]]
    table = rows.pivot_table("distance", ["seed", "ratio"], "weight")
    other = table[["3/α", "1/(3α)"]].min(axis=1)
    return {
        "weight 1/α": table["1/α"].groupby("seed").mean().tolist(),
        "nearer other weight": other.groupby("seed").mean().tolist(),
    }


def limit(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean over ratios of the distance at weight 1/α, by size of the start."""
    mean = frame[frame.weight == "1/α"].groupby(["start", "seed"]).distance.mean()
    return {name(a, "γ"): mean[a].tolist() for a in STARTS}


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
            errors.append(_relative(low_rank.component_pursuit(y, weight, 300)[0], x))
    return float(np.max(errors, 0).mean())


def equal_rates(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean error over ranks and shares for equal rates and for the ratio √n."""
    return {
        "equal rates": frame[frame.ratio == 1].groupby("seed").error.mean().tolist(),
        "ratio √n": frame[frame.rule].groupby("seed").error.mean().tolist(),
    }


def denoise(settings: Settings, seed: int):
    """Fit a noisy photograph by an untrained network, with g∘g - h∘h for the noise or with the absolute error.

    Returns:
        Frame (method, level, seed, step, psnr in dB), and pictures {(method, level): array} of the first seed.
    """
    source, e = generator(seed + 700), settings.image_seeds
    clean = torch.tensor((photographs.camera(settings.side) + 1) / 2, dtype=torch.float32)
    noisy = []
    for level in settings.levels:
        for _ in range(e):
            hit = torch.rand(clean.shape, generator=source) < level
            salt = (torch.rand(clean.shape, generator=source) < 0.5).float()
            noisy.append(torch.where(hit, salt, clean))
    noisy = torch.stack(noisy)
    half = len(noisy)
    shape = (half, 8, settings.side, settings.side)
    noise = torch.rand(shape, generator=source).mul(0.1).repeat(2, 1, 1, 1)
    layers = [
        tuple(copies(p, 2) for p in layer)
        for layer in low_rank.init_image_prior(half, 8, settings.width, source)
    ]
    g = 1e-5 * torch.randn(noisy.shape, generator=source)
    h = 1e-5 * torch.randn(noisy.shape, generator=source)
    weights = [p.requires_grad_() for p in leaves(layers)]
    sparse = [g.requires_grad_(), h.requires_grad_()]
    optimiser = torch.optim.SGD(
        [{"params": weights, "lr": settings.rate},
         {"params": sparse, "lr": settings.rate * settings.image_ratio}],
        lr=settings.rate, momentum=settings.momentum,
    )  # fmt: skip
    methods = ("double", "absolute error")
    rows = []
    for step in range(settings.image_steps + 1):
        jitter = torch.randn(noise.shape, generator=source) / 30
        picture = low_rank.image_prior(layers, noise + jitter)
        residual = picture[:half] + g.square() - h.square() - noisy
        loss = residual.square().mean((1, 2)).sum()
        loss = loss + (picture[half:] - noisy).abs().mean((1, 2)).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 25 == 0:
            with torch.no_grad():
                picture = low_rank.image_prior(layers, noise)
                psnr = -10 * torch.log10((picture - clean).square().mean((1, 2)))
            rows += [
                (method, level, i, step, float(psnr[m * half + k * e + i]))
                for m, method in enumerate(methods)
                for k, level in enumerate(settings.levels)
                for i in range(e)
            ]
    pictures = {("noisy", level): noisy[k * e].numpy() for k, level in enumerate(settings.levels)}
    for m, method in enumerate(methods):
        for k, level in enumerate(settings.levels):
            pictures[method, level] = picture[m * half + k * e].numpy()
    return pd.DataFrame(rows, columns=["method", "level", "seed", "step", "psnr"]), pictures


def lost(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return best minus final PSNR of each method, the worst over noise levels, seed by seed."""
    by = frame.sort_values("step").groupby(["method", "level", "seed"]).psnr
    drop = (by.max() - by.last()).groupby(["method", "seed"]).max()
    return {method: drop[method].tolist() for method in frame.method.unique()}


def mean_lost(frame: pd.DataFrame) -> dict[str, float]:
    """Return the mean over seeds of `lost`."""
    return {method: float(np.mean(values)) for method, values in lost(frame).items()}


def final_psnr(frame: pd.DataFrame) -> dict[str, float]:
    """Return the final PSNR of each method, mean over noise levels and seeds."""
    return frame[frame.step == frame.step.max()].groupby("method").psnr.mean().to_dict()


def smallest_gain(frame: pd.DataFrame) -> list[float]:
    """Return by how much the double fit ends above the absolute error, the smallest over noise levels, seed by seed."""
    rows = frame[frame.step == frame.step.max()]
    table = rows.pivot_table("psnr", ["level", "seed"], "method")
    return (table["double"] - table["absolute error"]).groupby("seed").min().tolist()


def as_rows(pictures: dict) -> pd.DataFrame:
    """Return the pictures as a tidy frame (picture, level, row, column, value)."""
    parts = []
    for (method, level), picture in pictures.items():
        row, column = np.indices(picture.shape)
        parts.append(pd.DataFrame({"picture": method, "level": level, "row": row.ravel(),
                                   "column": column.ravel(), "value": picture.ravel()}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
