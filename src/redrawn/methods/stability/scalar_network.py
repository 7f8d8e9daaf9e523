"""Scalar networks (Kreisler, Shpigel Nacson, Soudry and Carmon, ICML 2023): L(w) = (w₁ w₂ … w_D − 1)² / 2.

Gradient flow keeps every wᵢ² − wⱼ², so that the solution it would reach from w, the gradient flow solution (GFS), is
zᵢ² = wᵢ² + t with ∏ zᵢ = 1: one root in one unknown. At product one the Hessian is g gᵀ with gᵢ = 1/zᵢ, and the sharpness
Σ 1/zᵢ². Weights are positive here: leading dimensions are networks side by side.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def loss(w: Float[Tensor, "*e d"]) -> Float[Tensor, "*e"]:
    """Return half of the squared error of the product of the weights."""
    return (w.prod(-1) - 1).square() / 2


def descend(w: Float[Tensor, "*e d"], step: float) -> Float[Tensor, "*e d"]:
    """Return the weights after a step of gradient descent; no weight may be zero."""
    product = w.prod(-1, keepdim=True)
    return w - step * (product - 1) * product / w


def sharpness(w: Float[Tensor, "*e d"]) -> Float[Tensor, "*e"]:
    """Return the largest eigenvalue of the loss's Hessian, π² g gᵀ + (π − 1) π (g gᵀ − diag g²) with gᵢ = 1/wᵢ."""
    product = w.prod(-1)[..., None, None]
    g = 1 / w
    outer = g[..., :, None] * g[..., None, :]
    hessian = product.square() * outer + (product - 1) * product * (outer - g.square().diag_embed())
    return torch.linalg.eigvalsh(hessian)[..., -1]


def flow_solution(w: Float[Tensor, "*e d"], iterations: int = 60) -> Float[Tensor, "*e d"]:
    """Return the GFS from positive weights, by Newton's method on Σ log(wᵢ² + t) = 0, kept in a bracket.

    Raises:
        ValueError: a weight is not positive.
    """
    if (w <= 0).any():
        raise ValueError("the solution is unique within the positive orthant only")
    square = w.square()
    low = -square.amin(-1)  # the smallest weight would vanish: the product is below one
    high = 1 + 0 * low  # all squares are at least one
    t = torch.where((square.log().sum(-1) > 0), (low / 2), high / 2)
    for _ in range(iterations):
        value = (square + t[..., None]).log().sum(-1)
        low, high = torch.where(value < 0, t, low), torch.where(value < 0, high, t)
        newton = t - value / (1 / (square + t[..., None])).sum(-1)
        t = torch.where((newton > low) & (newton < high), newton, (low + high) / 2)
    return (square + t[..., None]).sqrt()


def flow_sharpness(w: Float[Tensor, "*e d"]) -> Float[Tensor, "*e"]:
    """Return the sharpness of the GFS, Σ 1/zᵢ²."""
    return (1 / flow_solution(w).square()).sum(-1)


def solutions(
    count: int, depth: int, step: float, source: torch.Generator, noise: float
) -> Float[Tensor, "e d"]:
    """Draw starts near solutions whose sharpness is evenly spread over (1, √2) times 2/step.

    A direction of zero sum is stretched until the solution exp(s · direction) has the wanted sharpness, then each
    weight is multiplied by exp(noise · normal).
    """
    draw = torch.randn(count, depth, generator=source, dtype=torch.float64)
    direction = draw - draw.mean(-1, keepdim=True)
    wanted = 2 / step * (1 + (2**0.5 - 1) * torch.rand(count, generator=source).double())
    low, high = torch.zeros_like(wanted), torch.ones_like(wanted)
    grows = _stretched(direction, high) < wanted
    while grows.any():
        high = torch.where(grows, 2 * high, high)
        grows = _stretched(direction, high) < wanted
    for _ in range(60):
        middle = (low + high) / 2
        below: Bool[Tensor, " e"] = _stretched(direction, middle) < wanted
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    moved = torch.randn(count, depth, generator=source, dtype=torch.float64)
    return (high[:, None] * direction + noise * moved).exp()


def _stretched(direction, s):
    return (-2 * s[:, None] * direction).exp().sum(-1)
