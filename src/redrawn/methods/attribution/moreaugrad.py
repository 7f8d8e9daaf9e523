"""MoreauGrad (Zhang and Farnia, ICCV 2023): the gradient of a score's Moreau envelope.

    f^ρ(x) = min_δ f(x + δ) + ‖δ‖² / (2ρ),   ∇f^ρ(x) = -δ* / ρ

with f smoothed by a Gaussian. An added η‖δ‖₁ makes the map sparse: proximal steps with a soft threshold.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.gradient import Score, gradient


def noisy_copies(
    x: Float[Tensor, "... n d"], noise: float, samples: int, source: torch.Generator
) -> Float[Tensor, "... m d"]:
    """Return m = samples · n copies of x, one copy of all n after another, each with Gaussian noise of that deviation."""
    jitter = [torch.randn(x.shape, generator=source) for _ in range(samples)]
    return torch.cat([x + noise * each.to(x) for each in jitter], -2)


def moreau_grad(
    score: Score,
    x: Float[Tensor, "... n d"],
    source: torch.Generator,
    rho: float = 1.0,
    noise: float = 0.0,
    samples: int = 1,
    penalty: float = 0.0,
    steps: int = 300,
    learning_rate: float = 0.1,
    averaged: int = 100,
) -> Float[Tensor, "... n d"]:
    """Return -δ*/ρ.

    Args:
        score: f, one number a sample; with noise, of a multiple of n samples.
        x: samples.
        source: of the noise, on the CPU.
        rho: ρ, in units of x squared over score; 1/ρ bounds the map's Lipschitz constant for a convex score.
        noise: standard deviation of the Gaussian, in units of x.
        samples: noisy copies a step; one without noise.
        penalty: η of the L1 norm, in units of score over x.
        steps: proximal gradient steps.
        learning_rate: of a step; it converges below 2ρ / (1 + ρ L) for an L-smooth score.
        averaged: the last steps whose mean is returned (noise), one for the last alone (sparse).
    """
    shift, kept = torch.zeros_like(x), torch.zeros_like(x)
    for step in range(steps):
        point = x + shift
        points = noisy_copies(point, noise, samples, source) if noise else point
        slope = gradient(score, points).unflatten(-2, (-1, x.shape[-2])).mean(-3)
        shift = shift - learning_rate * (slope + shift / rho)
        if penalty:
            shift = shift.sign() * (shift.abs() - learning_rate * penalty).clamp_min(0)
        if step >= steps - averaged:
            kept += shift
    return -kept / (rho * min(averaged, steps))
