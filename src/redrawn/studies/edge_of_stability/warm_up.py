"""What lets a badly initialised residual perceptron train at a large rate: warm-up, clipping, LayerNorm, Fixup."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.methods.recurrent import rescale
from redrawn.methods.stability import residual_perceptron as net
from redrawn.studies.ensemble import cross_entropy, generator

MOMENTUM, CLIP, TRAINED = 0.9, 0.5, 1.0
WAYS = ("none", "warm-up", "clipping", "LayerNorm", "Fixup")


@dataclass(frozen=True)
class Settings:
    """Rates are powers of two; a run counts as trained if its mean loss over the last steps is below 1 nat."""

    exponents: tuple[int, ...] = (-9, -8, -7, -6, -5, -4, -3, -2, -1)
    seeds: int = 8
    steps: int = 150
    warm: int = 50
    batch: int = 32
    width: int = 24
    branches: int = 4
    gain: float = 1.0
    probe: int = 100
    side: int = 7


SETTINGS = {
    "quick": Settings((-8, -7, -6, -5, -4, -3, -2, -1), seeds=6, steps=120),
    "standard": Settings(seeds=10, steps=300, warm=100, width=32, batch=64, probe=300, side=14),
    "paper": Settings(
        seeds=20, steps=5000, warm=1000, width=128, branches=8, batch=128, probe=4000
    ),
}


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (way, seed, exponent, loss, start, early): final loss, log₁₀ of the sharpness at the start and, at the largest rate that trains, after `warm` steps."""
    images, digits = mnist(settings.side)
    x = torch.as_tensor(images, dtype=torch.float32).flatten(1)
    x, y = ((x - x.mean()) / x.std()).to(device), torch.as_tensor(digits).to(device)
    return pd.concat([_train(settings, way, seed, x, y) for way in WAYS], ignore_index=True)


def largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return for each way and seed the row of the largest rate that trains."""
    kept = frame[frame.loss < TRAINED].sort_values("exponent")
    return kept.groupby(["way", "seed"], as_index=False).last()


def rates(frame: pd.DataFrame, names: tuple[str, ...]) -> dict[str, list[float]]:
    """Return log₂ of the largest rate that trains, one value a seed."""
    table = largest(frame).pivot(index="way", columns="seed", values="exponent")
    return {name: table.loc[name].tolist() for name in names}


def advantage(frame: pd.DataFrame) -> list[float]:
    """Return log₂ of the larger of the rates with LayerNorm and Fixup over that with warm-up."""
    found = rates(frame, WAYS)
    return (np.maximum(found["LayerNorm"], found["Fixup"]) - found["warm-up"]).tolist()


def flattening(frame: pd.DataFrame, way: str) -> dict[str, list[float]]:
    """Return log₁₀ of the sharpness at the start and after the warm-up, at the largest rate that trains."""
    rows = largest(frame).query("way == @way")
    return {"start": rows.start.tolist(), way: rows.early.tolist()}


def avoided(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of the initial sharpness with no measure, and the larger of those with LayerNorm and with Fixup."""
    first = frame.groupby(["way", "seed"]).start.first()
    return {
        "none": first["none"].tolist(),
        "normalised": np.maximum(first["LayerNorm"], first["Fixup"]).tolist(),
    }


def _train(settings: Settings, way: str, seed: int, x: Tensor, y: Tensor) -> pd.DataFrame:
    source, k, e = generator(seed), len(settings.exponents), settings.seeds
    device = x.device
    sizes = net.shapes(x.shape[1], settings.width, settings.branches, 10)
    w = net.initial(sizes, settings.gain, way == "Fixup", e, source).to(device).repeat(k, 1)
    order = torch.randint(len(x), (settings.steps, e, settings.batch), generator=source).to(device)
    probe = torch.randint(len(x), (settings.probe,), generator=source).to(device)
    rate = 2.0 ** torch.tensor(settings.exponents, device=device).repeat_interleave(e)[:, None]

    def loss(w, batch):
        return cross_entropy(net.logits(w, x[batch], sizes, way == "LayerNorm"), y[batch])

    def log_sharpness(w):
        shared = probe.expand(len(w), -1)
        begin = torch.linspace(1, 2, w.shape[1], device=w.device).sin().expand_as(w)
        product = lanczos(
            lambda v: hessian_vector_product(lambda p: loss(p, shared).sum(), w, v), begin, 8
        )
        return ritz(product)[0][:, -1].clamp(min=1e-12).log10()

    start = log_sharpness(w[:e]).repeat(k)
    velocity, last = torch.zeros_like(w), []
    for i, batch in enumerate(order.repeat(1, k, 1)):
        w = w.detach().requires_grad_()
        if i == settings.warm:
            warmed = w.detach()
        each = loss(w, batch)
        (slope,) = torch.autograd.grad(each.sum(), w)
        if way == "clipping":
            (slope,) = rescale([slope], torch.full_like(slope[:, 0], CLIP))
        velocity = MOMENTUM * velocity + slope
        scale = min(1.0, (i + 1) / settings.warm) if way == "warm-up" else 1.0
        w = w - scale * rate * velocity
        last.append(each.detach())
    final = torch.stack(last[-20:]).mean(0).nan_to_num(1e9, posinf=1e9)
    # the sharpness after the warm-up is asked of each seed's largest rate that trains: the last of an ascending grid
    trains = (final < TRAINED).view(k, e)
    kept = (e * (k - 1 - trains.flip(0).int().argmax(0)) + torch.arange(e, device=device))[
        trains.any(0)
    ]
    early = torch.full_like(final, torch.nan)
    if len(kept):
        early[kept] = log_sharpness(warmed[kept])
    columns = {"loss": final, "start": start, "early": early}
    found = {name: values.cpu().numpy() for name, values in columns.items()}
    return pd.DataFrame(
        {
            "way": way,
            "seed": np.tile(np.arange(e), k),
            "exponent": np.repeat(settings.exponents, e),
            **found,
        }
    )
