"""Two steps about a flood level against a step of gradient regularisation (Karakida et al.)."""

from dataclasses import dataclass

import torch

from redrawn.methods import stability
from redrawn.methods.stability import squared_regression as diagonal
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Starts, and sizes of the diagonal network."""

    starts: int
    samples: int = 20
    features: int = 40


SETTINGS = {"quick": Settings(6), "standard": Settings(20), "paper": Settings(100)}


def difference(settings: Settings, seed: int, device: str, step: float = 1e-3) -> list[float]:
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
    for w in torch.randn(settings.starts, 2 * d, generator=source).double().to(device).unbind():
        for side in (1, -1):  # the level above: ascent first
            level = loss(w) + side * 1e-9
            middle = stability.flooded_step(loss, gradient, w, level, step)
            end = stability.flooded_step(loss, gradient, middle, level, step)
            wanted = -(step**2) * stability.difference(gradient, w, side * step)[1]
            found.append(((end - w - wanted).norm() / wanted.norm()).item())
    return found
