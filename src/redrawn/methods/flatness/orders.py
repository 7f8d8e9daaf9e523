"""Flatness of zeroth and of first order (Zhang et al., CVPR 2023, Sec. 3), by search on points within the radius."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Loss = Callable[[Float[Tensor, "n d"]], Float[Tensor, " n"]]


def zeroth_order(loss: Loss, centre: Float[Tensor, " d"], ball: Float[Tensor, "n d"]) -> float:
    """Return R⁽⁰⁾ = max L(θ + δ) - L(θ) over the given δ of length at most ρ, which SAM looks at."""
    return float((loss(centre + ball) - loss(centre[None])).max())


def first_order(loss: Loss, centre: Float[Tensor, " d"], ball: Float[Tensor, "n d"]) -> float:
    """Return R⁽¹⁾ = ρ max ‖∇L(θ + δ)‖ over the given δ, ρ being the length of the longest.

    By the mean value theorem R⁽⁰⁾ ≤ R⁽¹⁾; at a minimum of a parabola R⁽¹⁾/ρ² is the top eigenvalue of the Hessian.
    """
    gradient = torch.func.grad(lambda points: loss(points).sum())(centre + ball)
    return float(ball.norm(dim=1).max() * gradient.norm(dim=1).max())
