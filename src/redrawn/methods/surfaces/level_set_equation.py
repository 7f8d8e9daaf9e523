"""The level-set equation for a space-time field f(x, t) (Novello et al., ICCV 2023).

    motion by mean curvature   ∂f/∂t = κ ‖∇f‖ div(∇f / ‖∇f‖)
    motion along a flow V      ∂f/∂t + ⟨∇f, V⟩ = 0

Coordinates are (x, t), time last; ∇ and div are with respect to x only.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Field = Callable[[Tensor], Tensor]
SMALLEST_SLOPE = 1e-6


def space_time_gradient(field: Field, xt: Float[Tensor, "e n d+1"]) -> Float[Tensor, "e n d+1"]:
    """Return (∇f, ∂f/∂t); `xt` must require a gradient."""
    (found,) = torch.autograd.grad(field(xt).sum(), xt, create_graph=True)
    return found


def mean_curvature_residual(
    field: Field, xt: Float[Tensor, "e n d+1"], kappa: float
) -> Float[Tensor, "e n"]:
    """Return ∂f/∂t - κ‖∇f‖ div(∇f/‖∇f‖), whose square is the paper's loss (Sec. 6.2)."""
    slope = space_time_gradient(field, xt)
    space, rate = slope[..., :-1], slope[..., -1]
    length = space.norm(dim=-1).clamp_min(SMALLEST_SLOPE)  # no normal where the field is flat
    normal = space / length[..., None]
    divergence = torch.zeros_like(rate)
    for i in range(space.shape[-1]):
        (second,) = torch.autograd.grad(normal[..., i].sum(), xt, create_graph=True)
        divergence = divergence + second[..., i]
    return rate - kappa * length * divergence


def transport_residual(
    field: Field, xt: Float[Tensor, "e n d+1"], velocity: Callable[[Tensor], Tensor]
) -> Float[Tensor, "e n"]:
    """Return ∂f/∂t + ⟨∇f, V(x)⟩ (Sec. 6.1)."""
    slope = space_time_gradient(field, xt)
    return slope[..., -1] + (slope[..., :-1] * velocity(xt[..., :-1])).sum(-1)


def sources(
    x: Float[Tensor, "*batch d"], centres: Float[Tensor, "k d"], scale: float
) -> Float[Tensor, "*batch d"]:
    """Return the paper's flow of sources, V(x) = Σ_j exp(-|x - c_j|²/(2s²)) (x - c_j) (Sec. 6.1)."""
    away = x[..., None, :] - centres
    weight = torch.exp(-away.square().sum(-1, keepdim=True) / (2 * scale**2))
    return (weight * away).sum(-2)
