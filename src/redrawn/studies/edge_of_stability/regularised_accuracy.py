"""Test accuracy of perceptrons on pictures of clothing with gradient regularisation (Karakida et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.data.fashion import fashion_mnist
from redrawn.methods import stability
from redrawn.studies.ensemble import cross_entropy, generator

ASCENTS = {"none": None, "backward": -0.1, "exact": 0.0, "forward": 0.1}


@dataclass(frozen=True)
class Settings:
    """Sizes; `gamma` weighs the penalty."""

    seeds: int = 6
    pictures: int = 300
    hidden: int = 32
    steps: int = 120
    learning_rate: float = 0.3
    gamma: float = 0.2


SETTINGS = {
    "quick": Settings(steps=80),
    "standard": Settings(10, 1000, 64, 300),
    "paper": Settings(20, 6000, 256, 5000),
}


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (method, seed, accuracy, loss) of perceptrons trained with forward, exact and backward differences and none."""
    source, e = generator(seed), settings.seeds
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
    for method, ascent in ASCENTS.items():
        w = start
        for _ in range(settings.steps):
            w = w - settings.learning_rate * stability.penalised_gradient(
                loss, gradient, w, settings.gamma, ascent
            )
        right = (logits(w, xt).argmax(-1) == yt).float().mean(1)
        left = cross_entropy(logits(w, x), y)
        rows += [
            (method, i, *values)
            for i, values in enumerate(zip(right.tolist(), left.tolist(), strict=True))
        ]
    return pd.DataFrame(rows, columns=["method", "seed", "accuracy", "loss"])
