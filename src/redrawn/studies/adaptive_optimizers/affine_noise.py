"""RMSProp and Adam where curvature and noise grow with the gradient (Zhang, Zhou and Zou, 2025).

Every replicate is one coordinate-wise problem of its own: f(x) = Σ cosh xᵢ − xᵢ², with gradients whose second moment is
1 + 4 (∂ᵢf)² in each coordinate.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.studies import tidy
from redrawn.studies.ensemble import generator

FLAT, STEEP = 8.0, 2.0  # L0 and L1 of cosh x − x²
METHODS = ("RMSProp", "Adam")


@dataclass(frozen=True)
class Settings:
    """ε falls from `largest` by a factor `ratio`; seeds are means over `replicates` runs each."""

    accuracies: int
    largest: float = 0.5
    ratio: float = 2**-0.25
    dimension: int = 10
    seeds: int = 8
    replicates: int = 8
    start: float = 3.0
    stationary: tuple[float, ...] = (0.4, 0.28, 0.2, 0.14, 0.1, 0.07)
    stationary_replicates: int = 64
    pairs: int = 20_000


SETTINGS = {
    "quick": Settings(3, ratio=2**-0.5, stationary=(0.4, 0.24, 0.14)),
    "standard": Settings(9, pairs=400_000),
    # rates are of ε → 0: an octave further
    "paper": Settings(13, stationary=(0.4, 0.28, 0.2, 0.14, 0.1, 0.07, 0.05, 0.035), pairs=400_000),
}


def gradient(x):
    """Return f′ of cosh x − x²."""
    return torch.sinh(x) - 2 * x


def class_ratio(settings: Settings, seed: int) -> list[float]:
    """Return the largest |f′(x) − f′(y)| / ((L0 + L1|f′(x)|) |x − y|) over pairs at most 1/L1 apart, by draw."""
    source = generator(seed)
    shape = (settings.seeds, settings.pairs)
    x = 10 * torch.randn(shape, generator=source, dtype=torch.float64)
    y = x + (2 * torch.rand(shape, generator=source, dtype=torch.float64) - 1) / STEEP
    allowed = (FLAT + STEEP * gradient(x).abs()) * (x - y).abs()
    return ((gradient(x) - gradient(y)).abs() / allowed).amax(1).tolist()


def sampled(exact: Tensor, source: torch.Generator) -> Tensor:
    """Return gradients with noise: g (1 ± √3) + N(0, 1), whose second moment is 1 + 4 g²."""
    noise = torch.randn(exact.shape, generator=source)
    sign = 2 * torch.randint(0, 2, exact.shape, generator=source) - 1
    return exact * (1 + 3**0.5 * sign.to(exact.device)) + noise.to(exact.device)


def optimizers(accuracy: float, starts: dict[str, Tensor]) -> dict[str, torch.optim.Optimizer]:
    """Return each method with the theorem's step sizes, η = ε²/2 and 1 − β₂ = ε²."""
    rate, second = accuracy**2 / 2, 1 - accuracy**2
    return {
        "RMSProp": torch.optim.RMSprop([starts["RMSProp"]], lr=rate, alpha=second),
        "Adam": torch.optim.Adam([starts["Adam"]], lr=rate, betas=(0.9, second)),
    }


def descend(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run ⌈4ε⁻⁴⌉ steps from far away; return (method, accuracy, steps, seed, norm), norm the mean of ‖∇f‖ over steps."""
    source = generator(seed)
    shape = (settings.seeds * settings.replicates, settings.dimension)
    rows = []
    for accuracy in settings.largest * settings.ratio ** np.arange(settings.accuracies):
        steps = int(np.ceil(4 * accuracy**-4))
        x = {m: torch.full(shape, settings.start, device=device) for m in METHODS}
        running = optimizers(accuracy, x)
        total = {m: torch.zeros(shape[0], device=device) for m in METHODS}
        for _ in range(steps):
            for m in METHODS:
                exact = gradient(x[m])
                total[m] += exact.norm(dim=1)
                x[m].grad = sampled(exact, source)
                running[m].step()
        for m in METHODS:
            means = (total[m] / steps).view(settings.seeds, -1).mean(1)
            rows += [(m, accuracy, steps, i, v) for i, v in enumerate(means.tolist())]
    return pd.DataFrame(rows, columns=["method", "accuracy", "steps", "seed", "norm"])


def stationary(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return the same frame for ½x² with unit noise, once the start is forgotten, at 4ε⁻⁴ nominal steps.

    Steps 20ε⁻², ten times as long as it takes to forget, are discarded, and as many more are averaged.
    """
    source = generator(seed)
    shape = (settings.seeds, settings.stationary_replicates)
    rows = []
    for accuracy in settings.stationary:
        x = {m: torch.zeros(shape, device=device) for m in METHODS}
        running = optimizers(accuracy, x)
        discarded = int(np.ceil(20 * accuracy**-2))
        total = {m: torch.zeros(settings.seeds, device=device) for m in METHODS}
        for step in range(2 * discarded):
            noise = torch.randn(shape, generator=source).to(device)
            for m in METHODS:
                if step >= discarded:
                    total[m] += x[m].abs().mean(1) / discarded
                x[m].grad = x[m] + noise
                running[m].step()
        for m in METHODS:
            rows += [(m, accuracy, 4 * accuracy**-4, i, v) for i, v in enumerate(total[m].tolist())]
    return pd.DataFrame(rows, columns=["method", "accuracy", "steps", "seed", "norm"])


def series(frame: pd.DataFrame, method: str) -> dict[str, list]:
    """Return {"x": steps, "y": mean norms, one list a seed} of one method."""
    return tidy.series(frame[frame.method == method], "steps", "norm")


def exponents(frame: pd.DataFrame, method: str) -> np.ndarray:
    """Return the exponent of the mean norm in the number of steps, one a seed."""
    return tidy.exponents(series(frame, method))
