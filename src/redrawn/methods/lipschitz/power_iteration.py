"""Power iteration for the largest singular value: an estimate from below.

    v ← A u,  u ← Aᵀ v / ‖Aᵀ v‖,  σ₁ ≈ ‖A u‖

As u is a unit vector, ‖A u‖ ≤ σ₁ at every step. It is no bound from above, however close it comes.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def power_iteration(
    apply: Callable[[Tensor], Tensor],
    adjoint: Callable[[Tensor], Tensor],
    start: Float[Tensor, " b *d"],
    steps: int,
) -> Float[Tensor, "steps_and_one b"]:
    """Return the estimates of `b` operators' largest singular values before the first step and after each.

    Args:
        apply: the operators A, one a slice of what it is given.
        adjoint: their adjoints.
        start: any vectors that are not orthogonal to the right singular vectors sought.
        steps: number of steps.
    """
    u = start / _lengths(start)
    estimates = []
    for step in range(steps + 1):
        v = apply(u)
        estimates.append(_lengths(v).flatten())
        if step < steps:
            u = adjoint(v)
            u = u / _lengths(u)
    return torch.stack(estimates)


def _lengths(x: Float[Tensor, " b *d"]) -> Float[Tensor, " b *ones"]:
    """Return each slice's Euclidean length, its dimensions kept."""
    return torch.linalg.vector_norm(x, dim=tuple(range(1, x.ndim)), keepdim=True)
