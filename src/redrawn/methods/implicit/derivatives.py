"""Derivatives of a scalar field with respect to its coordinates, by automatic differentiation."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Field = Callable[[Tensor], Tensor]


def gradient(
    field: Field, x: Float[Tensor, "e n d"], create_graph: bool = False
) -> Float[Tensor, "e n d"]:
    """Return ∇f at each point; `field` maps (e, n, d) to (e, n, 1), each point on its own."""
    x = x if x.requires_grad else x.clone().requires_grad_()
    (found,) = torch.autograd.grad(field(x).sum(), x, create_graph=create_graph)
    return found


def laplacian(
    field: Field, x: Float[Tensor, "e n d"], create_graph: bool = False
) -> Float[Tensor, "e n 1"]:
    """Return Δf = Σ ∂²f/∂x_i² at each point; zero where f is affine, as between a ReLU net's kinks."""
    x = x if x.requires_grad else x.clone().requires_grad_()
    slope = gradient(field, x, create_graph=True)
    if not slope.requires_grad:  # f is linear: autograd kept no graph
        return torch.zeros_like(slope[..., :1])
    total = torch.zeros_like(slope[..., 0])
    for i in range(x.shape[-1]):
        (second,) = torch.autograd.grad(
            slope[..., i].sum(), x, create_graph=create_graph, retain_graph=True, allow_unused=True
        )
        if second is not None:
            total = total + second[..., i]
    return total[..., None]
