"""Small networks whose first layer is trained by TrAct or plainly (Petersen, Borgelt and Ermon, 2024).

The network embeds patches of 4 × 4 pixels, two pixels apart, normalises each embedding as the first block of a ViT
does, and has a hidden and a linear layer; it is trained on clothing at 14 pixels. Networks of an ensemble differ by
their start and the order of pictures, and methods share both.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import fashion
from redrawn.methods import optimizers
from redrawn.studies.ensemble import cross_entropy, generator

SIDE, PATCH, STRIDE = 14, 4, 2
POSITIONS = ((SIDE - PATCH) // STRIDE + 1) ** 2


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    train: int
    epochs: int
    seeds: int
    batch: int = 64
    channels: int = 16
    hidden: int = 32
    ridge: float = 0.1
    ridges: tuple[float, ...] = (0.00625, 0.025, 0.1, 0.4, 1.6)
    pictures: int = 64
    draws: int = 8


SETTINGS = {
    "quick": Settings(960, 3, 6, ridges=(0.00625, 1.6)),
    "standard": Settings(4000, 9, 10),
    # epochs, width, batch and λ of the paper's ViT
    "paper": Settings(
        6000, 200, 5, 128, 384, 384, ridges=(0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
    ),
}


@cache
def clothes(part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return standardised pictures, (n, SIDE, SIDE), and their classes."""
    images, labels = fashion.fashion_mnist(part, SIDE)
    images = torch.from_numpy(np.ascontiguousarray(images)).float()
    return (images - images.mean()) / images.std(), torch.from_numpy(labels).long()


def patches(images: torch.Tensor) -> torch.Tensor:
    """Return patches of pictures as rows, (n, POSITIONS, PATCH²)."""
    return functional.unfold(images[:, None], PATCH, stride=STRIDE).mT.contiguous()


class Nets:
    """An ensemble of networks; `ridge` None trains the first layer plainly."""

    def __init__(self, settings: Settings, networks: int, seed: int, device: str, ridge):
        source = generator(seed)
        self.ridge = ridge
        sizes = [
            (PATCH**2, settings.channels),
            (POSITIONS * settings.channels, settings.hidden),
            (settings.hidden, 10),
        ]
        self.weights = [
            (torch.randn((networks, i, o), generator=source) * (2 / i) ** 0.5)
            .to(device)
            .requires_grad_()
            for i, o in sizes
        ]
        self.biases = [
            torch.zeros((networks, 1, o), device=device, requires_grad=True) for _, o in sizes
        ]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores, (e, m, 10), of patches (e, m, POSITIONS, PATCH²)."""
        m = x.shape[-3]
        (first, *others), (bias, *biases) = self.weights, self.biases
        rows = x.flatten(-3, -2)
        z = rows @ first if self.ridge is None else optimizers.tract_linear(rows, first, self.ridge)
        h = functional.layer_norm(z + bias, z.shape[-1:]).relu()
        h = h.unflatten(-2, (m, POSITIONS)).flatten(-2)
        h = (h @ others[0] + biases[0]).relu()
        return h @ others[1] + biases[1]

    def parameters(self) -> list[torch.Tensor]:
        """Return all weights and biases."""
        return self.weights + self.biases


def train(
    settings: Settings,
    seed: int,
    device: str,
    optimizer: str,
    ridge: float | None,
    rate: float,
    pixels: str = "standard",
) -> pd.DataFrame:
    """Train an ensemble; return (seed, epoch, train, test): mean loss in nats over the epoch, accuracy in %.

    Args:
        settings: sizes.
        seed: networks at one place of the ensemble start alike for every method and see pictures in one order.
        device: where to train.
        optimizer: "SGD", with momentum, or "Adam".
        ridge: TrAct's λ, or None for the plain method.
        rate: the learning rate at the start; it falls to zero as a cosine.
        pixels: "standard", or "raw" from 0 to 255.
    """
    source = generator(seed)
    images, labels = clothes("train")
    # the set is sorted by nothing, so that its beginning is a fair part of it
    images, labels = images[: settings.train], labels[: settings.train].to(device)
    tests, answers = clothes("test")
    x, held = (_pixels(each, pixels).to(device) for each in (images, tests))
    answers = answers.to(device)
    nets = Nets(settings, settings.seeds, seed, device, ridge)
    run = {
        "SGD": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "Adam": lambda p: torch.optim.Adam(p, lr=rate),
    }[optimizer](nets.parameters())
    steps = settings.train // settings.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(run, steps * settings.epochs)
    rows = []
    for epoch in range(1, settings.epochs + 1):
        order = torch.stack(
            [torch.randperm(settings.train, generator=source) for _ in range(settings.seeds)]
        ).to(device)
        total = torch.zeros(settings.seeds, device=device)
        for k in range(steps):
            chosen = order[:, k * settings.batch : (k + 1) * settings.batch]
            losses = cross_entropy(nets(x[chosen]), labels[chosen])
            run.zero_grad(set_to_none=True)
            losses.sum().backward()
            run.step()
            schedule.step()
            total += losses.detach() / steps
        with torch.no_grad():
            right = (nets(held).argmax(-1) == answers).float().mean(-1) * 100
        both = zip(total.tolist(), right.tolist(), strict=True)
        rows += [(i, epoch, *line) for i, line in enumerate(both)]
    return pd.DataFrame(rows, columns=["seed", "epoch", "train", "test"])


def _pixels(images: torch.Tensor, pixels: str) -> torch.Tensor:
    if pixels == "raw":
        images = 255 * (images - images.min()) / (images.max() - images.min())
    return patches(images)
