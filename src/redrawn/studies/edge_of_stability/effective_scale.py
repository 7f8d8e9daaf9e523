"""The bias of gradient regularisation in diagonal linear networks, by its ascent step (Karakida et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import stability
from redrawn.methods.stability import squared_regression as diagonal
from redrawn.studies.ensemble import generator

ASCENTS = {"none": None, "backward": -0.05, "exact": 0.0, "forward": 0.05, "far": 0.2}


@dataclass(frozen=True)
class Settings:
    """Sizes of the networks; `gamma` weighs the penalty."""

    seeds: int
    steps: int
    samples: int = 20
    features: int = 40
    scale: float = 0.3
    step: float = 0.01
    gamma: float = 0.2


SETTINGS = {
    "quick": Settings(6, 700),
    "standard": Settings(20, 6000),
    "paper": Settings(100, 50_000),
}


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
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
    for method, ascent in ASCENTS.items():
        w, size = start, settings.step
        for _ in range(settings.steps):
            w = w - size * stability.penalised_gradient(loss, gradient, w, settings.gamma, ascent)
        u, v = w.chunk(2, 1)
        frames.append(pd.DataFrame({
            "method": method, "seed": range(e),
            "shrinkage": ((u * v).abs().log() - 2 * np.log(settings.scale)).mean(1).cpu(),
            "distance": (diagonal.weights(u, v) - truth).norm(dim=1).cpu(),
            "loss": (diagonal.residuals(u, v, x, y).square().mean(1) / 2).cpu(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)
