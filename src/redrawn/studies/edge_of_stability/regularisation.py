"""Gradient regularisation by finite differences: its cost, its bias in diagonal networks, flooding, and accuracy."""

from dataclasses import dataclass
from time import process_time

import numpy as np
import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from redrawn.data.fashion import fashion_mnist
from redrawn.methods import stability
from redrawn.methods.stability import squared_regression as diagonal
from redrawn.studies.ensemble import cross_entropy, generator

ASCENTS = {"backward": -0.05, "exact": 0.0, "forward": 0.05, "far": 0.2}
GAMMA = 0.2


@dataclass(frozen=True)
class Settings:
    """Sizes of the diagonal network, and of perceptrons on pictures of clothing."""

    seeds: int = 6
    samples: int = 20
    features: int = 40
    scale: float = 0.3
    step: float = 0.01
    steps: int = 2500
    networks: int = 6
    pictures: int = 300
    hidden: int = 32
    network_steps: int = 120
    learning_rate: float = 0.3


SETTINGS = {
    "quick": Settings(),
    "standard": Settings(
        seeds=20, steps=6000, networks=10, pictures=1000, hidden=64, network_steps=300
    ),
    "paper": Settings(
        seeds=100, steps=50_000, networks=20, pictures=6000, hidden=256, network_steps=5000
    ),
}


def cost(device: str, width: int = 256, layers: int = 5, batch: int = 128) -> tuple[float, float]:
    """Return operations, and seconds (the least of several), of a step by forward differences over double backpropagation."""
    source = generator(0)
    w = (torch.randn(layers, width, width, generator=source) / width**0.5).to(device)
    x, y = torch.randn(2, batch, width, generator=source).to(device)

    def loss(w):
        h = x
        for matrix in w.unbind():
            h = (h @ matrix).tanh()
        return (h - y).square().mean()

    def gradient(w):
        w = w.detach().requires_grad_()
        return torch.autograd.grad(loss(w), w)[0]

    ways = {"forward": lambda: stability.difference(gradient, w, 0.1),
            "exact": lambda: stability.double_backpropagation(loss, w)}  # fmt: skip
    operations, seconds = {}, {}
    for name, way in ways.items():
        with FlopCounterMode(display=False) as counter:
            way()
        operations[name] = counter.get_total_flops()
        times = []
        for _ in range(9):
            begin = process_time()
            way()
            times.append(process_time() - begin)
        seconds[name] = min(times)
    return tuple(found["forward"] / found["exact"] for found in (operations, seconds))


def rich(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (method, seed, shrinkage, distance, loss) of diagonal networks with five true features.

    Shrinkage is the mean of log |u v| at the end less that at the start: gradient flow without a penalty keeps u v.
    """
    source, (e, n, d) = generator(seed), (settings.seeds, settings.samples, settings.features)
    x = torch.randn(e, n, d, generator=source, dtype=torch.float64).to(device)
    truth = (torch.arange(d, device=device) < 5).double()
    y = x @ truth
    start = torch.full((e, 2 * d), settings.scale, dtype=torch.float64, device=device)

    def loss(w):
        return diagonal.residuals(*w.chunk(2, 1), x, y).square().mean(-1).sum() / 2

    def gradient(w):
        return torch.cat(diagonal.gradient(*w.chunk(2, 1), x, y), 1)

    frames = []
    for method in ("none", *ASCENTS):
        w, size = start, settings.step
        for _ in range(settings.steps):
            w = w - size * _direction(method, loss, gradient, w)
        u, v = w.chunk(2, 1)
        frames.append(pd.DataFrame({
            "method": method, "seed": range(e),
            "shrinkage": ((u * v).abs().log() - 2 * np.log(settings.scale)).mean(1).cpu(),
            "distance": (diagonal.weights(u, v) - truth).norm(dim=1).cpu(),
            "loss": (diagonal.residuals(u, v, x, y).square().mean(1) / 2).cpu(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def flooding(settings: Settings, seed: int, device: str, step: float = 1e-3) -> list[float]:
    """Return the relative difference of two steps about the flood level from −η² ΔR, ε = ±η; one value a start and order.

    The level lies at the start's loss, from one side or the other, so that the first step ascends or descends.
    """
    source, (n, d) = generator(seed), (settings.samples, settings.features)
    x, y = (
        torch.randn(n, d, generator=source).double().to(device),
        torch.randn(n, generator=source).double().to(device),
    )

    def loss(w):
        return diagonal.residuals(*w.chunk(2, -1), x, y).square().mean(-1) / 2

    gradient, found = torch.func.grad(loss), []
    for w in torch.randn(settings.seeds, 2 * d, generator=source).double().to(device).unbind():
        for side in (1, -1):  # the level above: ascent first
            level = loss(w) + side * 1e-9
            middle = stability.flooded_step(loss, gradient, w, level, step)
            end = stability.flooded_step(loss, gradient, middle, level, step)
            wanted = -(step**2) * stability.difference(gradient, w, side * step)[1]
            found.append(((end - w - wanted).norm() / wanted.norm()).item())
    return found


def accuracy(settings: Settings, seed: int, device: str, ascent: float = 0.1) -> pd.DataFrame:
    """Return (method, seed, accuracy, loss) of perceptrons trained with forward, exact and backward differences and none."""
    source, e = generator(seed), settings.networks
    sets = []
    for part, count in (("train", settings.pictures), ("test", 1000)):
        images, labels = fashion_mnist(part, 14)
        chosen = torch.stack(
            [torch.randperm(len(images), generator=source)[:count] for _ in range(e)]
        )
        x = torch.as_tensor(images).flatten(1)[chosen] - 0.3
        sets.append((x.to(device), torch.as_tensor(labels)[chosen].to(device)))
    (x, y), (xt, yt) = sets
    inputs, h = x.shape[-1], settings.hidden
    scale = torch.cat(
        [torch.full((inputs * h,), (2 / inputs) ** 0.5), torch.full((h * 10,), h**-0.5)]
    )
    start = (scale * torch.randn(e, len(scale), generator=source)).to(device)

    def logits(w, x):
        first, second = w.split([inputs * h, h * 10], 1)
        return (x @ first.unflatten(1, (inputs, h))).relu() @ second.unflatten(1, (h, 10))

    def loss(w):
        return cross_entropy(logits(w, x), y).sum()

    gradient, rows = torch.func.grad(loss), []
    for method in ("none", *ASCENTS):
        size, w = {"backward": -ascent, "far": ascent}.get(method), start
        if method == "forward":
            continue
        for _ in range(settings.network_steps):
            w = w - settings.learning_rate * _direction(method, loss, gradient, w, size)
        right = (logits(w, xt).argmax(-1) == yt).float().mean(1)
        left = cross_entropy(logits(w, x), y)
        name = "forward" if method == "far" else method
        rows += [
            (name, i, *values)
            for i, values in enumerate(zip(right.tolist(), left.tolist(), strict=True))
        ]
    return pd.DataFrame(rows, columns=["method", "seed", "accuracy", "loss"])


def _direction(method: str, loss, gradient, w, ascent: float | None = None):
    if method == "none":
        return gradient(w)
    if method == "exact":
        here, penalty = stability.double_backpropagation(loss, w)
    else:
        here, penalty = stability.difference(
            gradient, w, ASCENTS[method] if ascent is None else ascent
        )
    return here + GAMMA * penalty
