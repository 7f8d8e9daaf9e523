"""Adversarial examples by projected gradient steps (Madry et al., ICLR 2018)."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor


def projected_descent(
    loss: Callable[[Tensor], Tensor],
    x: Float[Tensor, "... d"],
    radius: float,
    steps: int,
    norm: Literal["l2", "linf"],
    step: float | None = None,
) -> Float[Tensor, "... d"]:
    """Return points within `radius` of `x` at which each sample's loss is larger.

    Args:
        loss: gives each sample's loss, of any shape; samples do not act on each other.
        x: samples along the leading dimensions, coordinates along the last.
        radius: of the ball, in the norm.
        steps: number of steps.
        norm: Euclidean, or largest coordinate.
        step: length of a step; 2.5 radius / steps where none is given.
    """
    length = 2.5 * radius / steps if step is None else step
    moved = torch.zeros_like(x)
    for _ in range(steps):
        point = (x + moved).detach().requires_grad_()
        (slope,) = torch.autograd.grad(loss(point).sum(), point)
        if norm == "linf":
            moved = (moved + length * slope.sign()).clamp(-radius, radius)
        else:
            moved = moved + length * slope / slope.norm(dim=-1, keepdim=True).clamp_min(1e-12)
            moved = moved * (radius / moved.norm(dim=-1, keepdim=True).clamp_min(radius))
    return (x + moved).detach()
