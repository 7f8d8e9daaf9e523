"""Do input gradients mark what a class hangs on? One coordinate, and two blocks (Shah et al.)."""

import itertools
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.ensemble import generator

forward = classifiers.perceptron
BLOCKS = 10
MODELS = ("standard", "robust")


@dataclass(frozen=True)
class Settings:
    """Sizes; the adversary's radius is Euclidean and that of the pictures, at 28 pixels.

    The points' learning rate is not the authors' 0.1: with a width of 25,000 descent is as many times faster.
    """

    hidden: int
    point_steps: int
    side: int
    width: int
    digits: int
    steps: int
    learning_rate: float = 1.0
    radius: float = 2.0
    seeds: int = 3
    point_seeds: int = 6


SETTINGS = {
    "quick": Settings(500, 250, 14, 128, 2000, 200),
    "standard": Settings(2000, 600, 28, 256, 4000, 600),
    "paper": Settings(25_000, 20_000, 28, 1024, 4000, 5000, learning_rate=0.1),
}


def points(settings: Settings, seed: int) -> pd.DataFrame:
    """Train on x = y eⱼ, y = ±1, with and without an adversary; return (model, seed, smallest, largest, cosine).

    The columns are the share of the 20 points whose own coordinate has the smallest, or the largest |gradient|, and the mean cosine
    between |gradient| and |x|. Descent is on all points, with PyTorch's default start; the adversary moves each coordinate by 0.45.
    """
    signs = torch.tensor([1.0, -1.0])
    x = (signs[:, None, None] * torch.eye(BLOCKS)).flatten(0, 1)
    y = signs.repeat_interleave(BLOCKS)
    rows = []
    for model in MODELS:
        source = generator(seed)
        layers = _default_start([BLOCKS, settings.hidden, 1], settings.point_seeds, source)
        parameters = [p.requires_grad_() for layer in layers for p in layer]
        many, sign = x.expand(settings.point_seeds, -1, -1), y.expand(settings.point_seeds, -1)

        def loss(z, layers=layers, sign=sign):
            return torch.nn.functional.softplus(-sign * forward(layers, z)[..., 0])

        for _ in range(settings.point_steps):
            inputs = many
            if model == "robust":
                inputs = classifiers.projected_descent(
                    loss, many, 0.45, 8, "linf", step=0.25 * 0.45
                )
            slopes = torch.autograd.grad(loss(inputs).mean(1).sum(), parameters)
            with torch.no_grad():
                for p, slope in zip(parameters, slopes, strict=True):
                    p.add_(slope, alpha=-settings.learning_rate)
        slope = attribution.gradient(lambda z, f=layers: forward(f, z)[..., 0], many).abs()
        own = (slope * many.abs()).sum(-1, keepdim=True)
        cosine = (own[..., 0] / slope.norm(dim=-1)).mean(1)
        # all ten coordinates: the own one is the smallest where none is below it
        smallest, largest = ((own <= slope).all(-1).float(), (own >= slope).all(-1).float())
        parts = zip(
            smallest.mean(1).tolist(), largest.mean(1).tolist(), cosine.tolist(), strict=True
        )
        rows += [(model, i, *part) for i, part in enumerate(parts)]
    return pd.DataFrame(rows, columns=["model", "seed", "smallest", "largest", "cosine"])


def _default_start(widths: list[int], networks: int, source: torch.Generator) -> list:
    """Return PyTorch's start: weights and biases uniform within 1/√in."""
    layers = []
    for before, after in itertools.pairwise(widths):
        bound = before**-0.5
        weight = torch.rand(networks, before, after, generator=source)
        bias = torch.rand(networks, 1, after, generator=source)
        layers.append(((2 * weight - 1) * bound, (2 * bias - 1) * bound))
    return layers


def block_pictures(settings: Settings, fixed: bool, source: torch.Generator, device: str):
    """Return digits above or below a block with a square: pictures (5000, 2 side²), classes, and where the square is.

    Args:
        settings: sizes.
        fixed: the digit is always above.
        source: draws the order, and the place of each digit.
        device: of the result.
    """
    images, truth = mnist(settings.side)
    order = torch.randperm(len(images), generator=source)
    signal = torch.from_numpy(images).float()[order].to(device)
    null = torch.zeros(settings.side, settings.side, device=device)
    near, far = settings.side // 4, settings.side - settings.side // 4 - 1
    null[near, near : far + 1] = null[far, near : far + 1] = 1
    null[near : far + 1, near] = null[near : far + 1, far] = 1
    below = (torch.rand(len(signal), generator=source) < (0 if fixed else 0.5)).to(device)
    pair = torch.stack([signal, null.expand_as(signal)], 1)
    pair = torch.where(below[:, None, None, None], pair.flip(1), pair)
    half = settings.side**2
    in_null = torch.arange(2 * half, device=device) >= half
    in_null = in_null ^ below[:, None]
    return pair.flatten(1), torch.from_numpy(truth)[order].to(device), in_null


def blocks(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    """Train with the digit above or below, the same with an adversary, and with the digit always above.

    Returns:
        A frame (model, seed, null, accuracy): the share of the 10 % largest gradients that lie in the other block, on unseen
        pictures; and pictures and gradients (2, 2 side, side) by model, of the first seed.
    """
    e, rows, shown = settings.seeds, [], {}
    for model in ("standard", "robust", "top"):
        source = generator(seed)
        x, y, in_null = block_pictures(settings, model == "top", source, device)
        n = settings.digits
        layers = classifiers.init_perceptron([x.shape[1], settings.width, 10], e, source, device)
        draw = perceptrons.draws(x[:n].expand(e, -1, -1), y[:n].expand(e, -1), 100, source)
        radius = settings.radius * settings.side / 28 if model == "robust" else 0.0
        layers = perceptrons.fit(layers, forward, draw, settings.steps, 2e-3, radius)
        test, truth = x[-1000:].expand(e, -1, -1), y[-1000:].expand(e, -1)
        loss = perceptrons.own_loss(forward, layers, truth)
        slope = attribution.gradient(loss, test).abs()
        null = attribution.localisation(slope, in_null[-1000:].expand(e, -1, -1), 0.1).mean(1)
        right = perceptrons.accuracy(forward, layers, test, truth)
        rows += [
            (model, i, v, a) for i, (v, a) in enumerate(zip(null.tolist(), right, strict=True))
        ]
        shape = (-1, 2 * settings.side, settings.side)
        above = in_null[-1000:, -1].int()  # the other block is below: show one of each place
        chosen = torch.stack([above.argmax(), above[1:].argmin() + 1])
        shown[model] = slope[0, chosen].view(shape)
        shown[f"{model}: picture"] = test[0, chosen].view(shape)
    return pd.DataFrame(rows, columns=["model", "seed", "null", "accuracy"]), shown
