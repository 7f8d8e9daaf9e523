"""A photograph under salt-and-pepper noise, by an untrained network and two learning rates."""

import numpy as np
import pandas as pd
import torch

from redrawn.data import photographs
from redrawn.methods import low_rank
from redrawn.studies.ensemble import copies, generator, leaves
from redrawn.studies.low_rank_bias.double import Settings


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
    weights = leaves(layers)
    parameters = [p.requires_grad_() for p in (*weights, g, h)]
    rates = [settings.rate] * len(weights) + [settings.rate * settings.image_ratio] * 2
    velocities = [torch.zeros_like(p) for p in parameters]
    methods = ("double", "absolute error")
    rows = []
    for step in range(settings.image_steps + 1):
        jitter = torch.randn(noise.shape, generator=source) / 30
        picture = low_rank.image_prior(layers, noise + jitter)
        residual = picture[:half] + g.square() - h.square() - noisy
        loss = residual.square().mean((1, 2)).sum()
        loss = loss + (picture[half:] - noisy).abs().mean((1, 2)).sum()
        slopes = torch.autograd.grad(loss, parameters)
        # momentum by hand: torch's class imports torch's compiler first, two seconds
        with torch.no_grad():
            for p, v, slope, rate in zip(parameters, velocities, slopes, rates, strict=True):
                p.add_(v.mul_(settings.momentum).add_(slope), alpha=-rate)
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
