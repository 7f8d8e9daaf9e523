"""The largest step at which second moments of linearised SGD stay bounded (Wu and Su)."""

from dataclasses import dataclass

import torch

from redrawn.methods import stability
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Draws of the linear model."""

    draws: int
    samples: int = 30
    inputs: int = 6


SETTINGS = {"quick": Settings(10), "standard": Settings(50), "paper": Settings(500)}


def moments(settings: Settings, seed: int, device: str) -> dict[str, list[float]]:
    """Return the largest stable η tr(H) / 2 for SGD with batches of one and for gradient descent, one value a draw."""
    x = torch.randn(
        settings.draws,
        settings.samples,
        settings.inputs,
        generator=generator(seed),
        dtype=torch.float64,
    ).to(device)
    half_trace = x.square().mean(1).sum(-1) / 2
    batches = {"SGD": 1.0, "GD": float("inf")}
    return {
        n: (stability.largest_stable_step(x, b) * half_trace).tolist() for n, b in batches.items()
    }
