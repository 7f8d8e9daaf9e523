"""Do two digits show the same figure? A small convolutional network with and without a regulariser against locality."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator, leaves, train

SIDE = 8
GAPS = {"near": 0, "far": 24}
"""Columns of black pixels between the two digits."""

STRIDES = (2, 2, 2, 1, 1)
FIGURES = 2
"""Noughts and ones only: ten figures are not learned in so few steps."""


@dataclass(frozen=True)
class Settings:
    """Sizes; half of the networks of each gap are regularised, from the same initial weights."""

    steps: int
    width: int
    seeds: int = 3
    batch: int = 32
    tests: int = 600
    coefficient: float = 1.0
    learning_rate: float = 3e-3


SETTINGS = {
    "quick": Settings(120, 8),
    "standard": Settings(300, 8),
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


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Train at every gap with and without the regulariser.

    Returns:
        Frame (gap, regularised, seed, accuracy, alignment): on held-out digits, accuracy in per cent.
    """
    source, e = generator(seed), settings.seeds
    images, figure, held = pictures()
    rows = []
    for gap, columns in GAPS.items():
        layers = []
        for i in range(len(STRIDES)):
            n = 1 if i == 0 else settings.width
            weight = torch.randn((e, settings.width, n, 3, 3), generator=source)
            weight = weight * (2 / (9 * n)) ** 0.5
            layers.append((weight.repeat(2, 1, 1, 1, 1), torch.zeros(2 * e, settings.width)))
        head = torch.randn((e, settings.width), generator=source).repeat(2, 1) / settings.width**0.5
        offset = torch.zeros(2 * e)

        def network(x, layers=layers, head=head, offset=offset):
            for (weight, bias), stride in zip(layers, STRIDES, strict=True):
                x = functional.silu(low_rank.ensemble_convolution(x, weight, bias, stride))
            pooled = x.mean((2, 3)).unflatten(1, head.shape)
            return (pooled * head).sum(2) + offset

        def join(p, q, columns=columns):
            return torch.cat([functional.pad(p, (0, columns)), q], -1)

        def sample(count, of):
            found = draw_pairs(images[of], figure[of], count, e, source)
            return [part.repeat(1, 2, *[1] * (part.dim() - 2)) for part in found]

        def loss(network=network, join=join, sample=sample):
            p, q, same = sample(settings.batch, ~held)
            fit = functional.binary_cross_entropy_with_logits(
                network(join(p, q)), same, reduction="none"
            )
            half = [part[:, e:] for part in (p, q)]

            def regularised(x):  # the first half of the ensemble has no regulariser
                return network(torch.cat([x, x], 1))[:, e:]

            extra = low_rank.patch_alignment(regularised, *half, join)
            return fit.mean(0) + settings.coefficient * torch.cat([torch.zeros(e), extra])

        train([*leaves(layers), head, offset], loss, settings.steps, settings.learning_rate)
        p, q, same = sample(settings.tests, held)
        alignment = low_rank.patch_alignment(network, p[:100], q[:100], join).detach()
        with torch.no_grad():
            accuracy = 100 * ((network(join(p, q)) > 0) == same.bool()).double().mean(0)
        rows += [
            (gap, i >= e, i % e, float(accuracy[i]), float(alignment[i])) for i in range(2 * e)
        ]
    return pd.DataFrame(rows, columns=["gap", "regularised", "seed", "accuracy", "alignment"])


def gains(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the accuracy with the regulariser minus that without, seed by seed, for each gap."""
    table = frame.pivot_table("accuracy", ["gap", "seed"], "regularised")
    gain = table[True] - table[False]
    return {gap: gain[gap].tolist() for gap in GAPS}
