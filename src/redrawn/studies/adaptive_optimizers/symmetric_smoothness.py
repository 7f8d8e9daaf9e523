"""α-symmetric smoothness and β-normalised descent on functions whose constants are known (Chen et al., ICML 2023).

|x|ᵖ has α = (p − 2)/(p − 1), L₀ = 0 and L₁ = p(p − 1)/p^α; cosh has α = 1 and L₀ = L₁ = 1.
"""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import generator

POWERS = (3, 4, 6)
QUARTIC_ALPHA = 2 / 3


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    pairs: int = 50_000
    draws: int = 8
    dimension: int = 10
    accuracies: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03)
    farthest: float = 1e50


SETTINGS = {"quick": Settings(accuracies=(1.0, 0.3, 0.1)), "standard": Settings(400_000)}
SETTINGS["paper"] = SETTINGS["standard"]  # inequalities and a bound that it proves


def constants(p: int) -> tuple[float, float, float, float]:
    """Return α, K₀, K₁, K₂ of |x|ᵖ: gaps of gradients over a distance h are at most h (K₀ + K₁‖∇f‖^α + K₂ h^{α/(1−α)})."""
    alpha = (p - 2) / (p - 1)
    l1 = p * (p - 1) / p**alpha
    common = 2 ** (alpha**2 / (1 - alpha)) * 3**alpha
    k2 = l1 ** (1 / (1 - alpha)) * common * (1 - alpha) ** (alpha / (1 - alpha))
    return alpha, 0.0, l1 * common, k2


def class_ratios(settings: Settings, seed: int) -> pd.DataFrame:
    """Return (function, seed, ratio, decades) over heavy-tailed pairs.

    `ratio` is the largest gap of gradients over its bound, `decades` the range of gap over distance, in log₁₀.
    """
    source = generator(seed)
    rows = []
    for function in (*POWERS, "cosh"):
        shape = (settings.draws, settings.pairs)
        x, h = (_heavy(shape, source, 6 if function != "cosh" else 1.5) for _ in range(2))
        y = x + h
        if function == "cosh":
            gap = (torch.sinh(x) - torch.sinh(y)).abs()
            bound = h.abs() * (1 + torch.sinh(x).abs()) * h.abs().exp()
        else:
            alpha, k0, k1, k2 = constants(function)
            power = alpha / (1 - alpha)
            gap = (_power_gradient(x, function) - _power_gradient(y, function)).abs()
            size = _power_gradient(x, function).abs()
            bound = h.abs() * (k0 + k1 * size**alpha + k2 * h.abs() ** power)
        steepness = (gap / h.abs()).log10()
        decades = steepness.amax(1) - steepness.quantile(0.001, 1)
        name = "cosh" if function == "cosh" else f"|x|^{function}"
        rows += [(name, i, r, d) for i, (r, d) in enumerate(zip((gap / bound).amax(1).tolist(), decades.tolist(), strict=True))]  # fmt: skip
    return pd.DataFrame(rows, columns=["function", "seed", "ratio", "decades"])


def _heavy(shape, source, spread: float):
    """Draw signed numbers whose logarithm is normal, with this deviation in units of log 10 / 2."""
    logarithm = torch.randn(shape, generator=source, dtype=torch.float64).clamp(-3.5, 3.5)
    sign = torch.randint(0, 2, shape, generator=source) * 2 - 1
    return sign * 10 ** (spread / 6 * logarithm)


def _power_gradient(x, p: int):
    return p * x.abs() ** (p - 1) * x.sign()


def threshold(settings: Settings, rate: float = 0.1) -> float:
    """Return the smallest β at which β-normalised descent on x⁴ does not move away from `farthest`, by bisection."""
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        beta = (low + high) / 2
        x = torch.tensor([settings.farthest], dtype=torch.float64, requires_grad=True)
        x.grad = _power_gradient(x.detach(), 4)
        optimizers.NormalizedDescent([x], lr=rate, beta=beta).step()
        low, high = (low, beta) if abs(x.item()) <= settings.farthest else (beta, high)
    return high


def steps_over_bound(settings: Settings, seed: int) -> pd.DataFrame:
    """Descend f = Σ xᵢ⁴ with the step size that the bound is for; return (beta, accuracy, seed, steps, ratio).

    In several dimensions Σ xᵢ⁴ has the α and the constants of one: its curvature along any direction is at most
    12 max xᵢ², and ‖∇f‖ at least 4 max |xᵢ|³.
    """
    start = 2 * torch.randn((settings.draws, settings.dimension), generator=generator(seed))
    alpha, _, k1, k2 = constants(4)
    # draws of all accuracies side by side, each with its own step size
    accuracy = torch.tensor(settings.accuracies, dtype=torch.float64)
    accuracy = accuracy.repeat_interleave(settings.draws)
    c = max(3 * k1, (6 * k2) ** (1 - alpha)) * accuracy**alpha
    start = start.double().repeat(len(settings.accuracies), 1)
    bound = 2 * c * start.pow(4).sum(1) / accuracy**2
    frames = []
    for beta in (QUARTIC_ALPHA, 1.0):
        x = start.clone()
        make = partial(optimizers.NormalizedDescent, lr=1.0, beta=beta, batched=True)
        descent = OwnRates([x], make, accuracy**beta / c)
        steps = torch.zeros_like(accuracy)
        while (moving := (gradient := 4 * x**3).norm(dim=1) > accuracy).any():
            steps += moving
            descent.step([gradient])
        columns = {"beta": beta, "accuracy": accuracy, "steps": steps, "ratio": steps / bound}
        frames.append(pd.DataFrame(columns))
    seeds = [*range(settings.draws)] * len(settings.accuracies)
    return pd.concat([frame.assign(seed=seeds) for frame in frames], ignore_index=True)
