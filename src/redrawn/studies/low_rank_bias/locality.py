"""Do two digits show the same figure? A small convolutional network with and without a regulariser against locality."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import low_rank
from redrawn.studies.ensemble import copies, generator, leaves, train

SIDE = 8
CANVAS = 56
"""Columns of the canvas, seven times the digits' side as in the paper; its rows are the digits' own."""

GAPS = {"near": 0, "far": 40}
"""Columns of black pixels between the two digits: none, and the paper's largest, five times their side."""

STRIDES = (2, 2, 2, 2, 1, 1)
"""The last two layers see the whole canvas."""

FIGURES = 2
"""Noughts and ones only: ten figures are not learned in so few steps."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the coefficient of the regulariser and the learning rate are the paper's, the optimiser is Adam."""

    steps: int
    width: int
    seeds: int = 6
    batch: int = 16
    tests: int = 600
    coefficient: float = 1.0
    learning_rate: float = 1e-2


SETTINGS = {
    "quick": Settings(20, 8, seeds=2),
    "standard": Settings(1500, 8),
    "paper": Settings(20_000, 64, batch=64),
}


def pictures() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the digits at `SIDE` pixels, their figures, and which of them are held out."""
    images, figure = digits.mnist()
    small = functional.interpolate(
        torch.tensor(images, dtype=torch.float32)[:, None], (SIDE, SIDE), mode="area"
    )[:, 0]
    keep = figure < FIGURES
    return small[keep], torch.tensor(figure[keep]), torch.arange(keep.sum()) % 5 == 0


def draw_pairs(images, figure, count: int, networks: int, source):
    """Return patches P and Q, (count, networks, side, side) each, and whether they show the same figure."""
    shape = (count, networks)
    first = torch.randint(len(images), shape, generator=source)
    same = torch.rand(shape, generator=source) < 0.5
    shift = torch.randint(1, FIGURES, shape, generator=source)
    wanted = torch.where(same, figure[first], (figure[first] + shift) % FIGURES)
    second = torch.zeros_like(first)
    for k in range(FIGURES):
        mine = torch.nonzero(figure == k)[:, 0]
        pick = mine[torch.randint(len(mine), shape, generator=source)]
        second = torch.where(wanted == k, pick, second)
    return images[first], images[second], same.float()


def join(p: torch.Tensor, q: torch.Tensor, seeds: int) -> torch.Tensor:
    """Place patches of `seeds` networks for each gap in turn, shape (b, networks, side, side), on the canvas."""
    p, q = (x.unflatten(1, (-1, len(GAPS), seeds)) for x in (p, q))
    parts = []
    for k, gap in enumerate(GAPS.values()):
        margin = (CANVAS - 2 * SIDE - gap) // 2
        left = functional.pad(p[:, :, k], (margin, gap))
        parts.append(torch.cat([left, functional.pad(q[:, :, k], (0, margin))], -1))
    return torch.stack(parts, 2).flatten(1, 3)


def draw_networks(networks: int, width: int, source) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Draw the convolutions' weights and biases, and last those of the linear output on their mean over the canvas."""
    layers = low_rank.init_convolutions([1, *[width] * len(STRIDES)], networks, source)
    head = torch.randn((networks, width), generator=source) / width**0.5
    return [*layers, (head, torch.zeros(networks))]


def evaluate(layers, x: torch.Tensor) -> torch.Tensor:
    """Return each network's logit of "same", (b, networks), from pictures (b, networks, side, canvas)."""
    *convolutions, (head, offset) = layers
    for (weight, bias), stride in zip(convolutions, STRIDES, strict=True):
        x = functional.silu(low_rank.ensemble_convolution(x, weight, bias, stride))
    return (x.mean((2, 3)).unflatten(1, head.shape) * head).sum(2) + offset


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Train at every gap with and without the regulariser, all from the same weights and on the same digits.

    Returns:
        Frame (gap, regularised, seed, accuracy, alignment): on held-out digits, accuracy in per cent.
    """
    source, e, half = generator(seed), settings.seeds, len(GAPS) * settings.seeds
    images, figure, held = pictures()
    layers = [
        tuple(copies(p, 2 * len(GAPS)) for p in layer)
        for layer in draw_networks(e, settings.width, source)
    ]

    def sample(count, of):
        found = draw_pairs(images[of], figure[of], count, e, source)
        return [part.repeat(1, 2 * len(GAPS), *[1] * (part.dim() - 2)) for part in found]

    def alignment(p, q, networks):
        chosen = [(weight[networks], bias[networks]) for weight, bias in layers]
        return low_rank.patch_alignment(
            lambda x: evaluate(chosen, x),
            p[:, networks],
            q[:, networks],
            lambda a, b: join(a, b, e),
        )

    def loss():
        p, q, same = sample(settings.batch, ~held)
        logits = evaluate(layers, join(p, q, e))
        fit = functional.binary_cross_entropy_with_logits(logits, same, reduction="none").mean(0)
        extra = alignment(p, q, slice(half, None))  # the first half has no regulariser
        return fit + settings.coefficient * torch.cat([torch.zeros(half), extra])

    train(leaves(layers), loss, settings.steps, settings.learning_rate)
    p, q, same = sample(settings.tests, held)
    aligned = alignment(p[:100], q[:100], slice(None)).detach()
    with torch.no_grad():
        accuracy = 100 * ((evaluate(layers, join(p, q, e)) > 0) == same.bool()).double().mean(0)
    gaps = list(GAPS)
    rows = [
        (gaps[i // e % len(gaps)], i >= half, i % e, float(accuracy[i]), float(aligned[i]))
        for i in range(2 * half)
    ]
    return pd.DataFrame(rows, columns=["gap", "regularised", "seed", "accuracy", "alignment"])


def far_accuracy(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the accuracy at the largest distance with and without the regulariser, seed by seed."""
    rows = frame[frame.gap == "far"].sort_values("seed")
    return {
        name: rows[rows.regularised == kind].accuracy.tolist()
        for name, kind in (("with regulariser", True), ("without", False))
    }


def gains(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the accuracy with the regulariser minus that without, seed by seed, for each gap."""
    table = frame.pivot_table("accuracy", ["gap", "seed"], "regularised")
    gain = table[True] - table[False]
    return {gap: gain[gap].tolist() for gap in GAPS}
