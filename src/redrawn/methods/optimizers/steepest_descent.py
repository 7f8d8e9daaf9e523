"""Steepest descent under a norm (Bernstein and Newhouse, 2024, Prop. 1).

argmin_Δ ⟨G, Δ⟩ + λ/2 ‖Δ‖² = −(‖G‖†/λ) argmax_{‖T‖ = 1} ⟨G, T⟩

A network's norm is the largest of its layers' norms, so that ‖G‖† is the sum of the layers' dual norms and every layer
steps as far (Props. 3 and 5).
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.linalg import svd
from torch.nn.functional import one_hot

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


def _sum(g):
    largest = one_hot(g.abs().flatten().argmax(), g.numel()).view_as(g)
    return largest * g.sign(), g.abs().max()


def _euclidean(g):
    size = g.norm()
    return g / size.clamp(min=torch.finfo(g.dtype).tiny), size


def _largest(g):
    return g.sign(), g.abs().sum()


def _spectral(g):
    u, values, v = svd(g, full_matrices=False)
    return u @ v, values.sum()


NORMS = {"sum": _sum, "euclidean": _euclidean, "max": _largest, "spectral": _spectral}


def steepest(gradient: Float[Tensor, "..."], norm: str) -> tuple[Float[Tensor, "..."], Tensor]:
    """Return T of norm one that maximises ⟨G, T⟩, and that maximum, the dual norm.

    Args:
        gradient: G, not zero; a matrix for the spectral norm.
        norm: of the entries, "sum" of sizes, "euclidean" or "max"; or "spectral", the largest singular value.

    Raises:
        ValueError: there is no such norm.
    """
    if norm not in NORMS:
        raise ValueError(f"norm must be one of {sorted(NORMS)}, got {norm!r}")
    return NORMS[norm](gradient)


class SteepestDescent(GroupOptimizer):
    """Steps that minimise the linear part of the loss and λ/2 times the squared norm.

    Args:
        params: parameters, the layers of one network, or groups.
        sharpness: λ.
        norm: of a layer, see `steepest`.

    Raises:
        ValueError: λ is not positive, or there is no such norm.
    """

    def __init__(self, params, sharpness: float, norm: str = "spectral"):
        if sharpness <= 0 or norm not in NORMS:
            raise ValueError(
                f"sharpness {sharpness} must be positive, norm {norm!r} in {sorted(NORMS)}"
            )
        super().__init__(params, {"sharpness": sharpness, "norm": norm})

    def update(self, group, held):
        """See base class."""
        directions, duals = zip(*(steepest(p.grad, group["norm"]) for p in held), strict=True)
        for p, direction in zip(held, directions, strict=True):
            p.sub_(sum(duals) / group["sharpness"] * direction)
