"""Four bounds of a convolution's norm by its kernel's unfoldings (Singla and Feizi, ICLR 2021, Theorem 1)."""

import torch
from jaxtyping import Float
from torch import Tensor


def unfolding_bounds(kernel: Float[Tensor, "*b o i h w"]) -> Float[Tensor, "*b 4"]:
    """Return √(h w) times the norm of each unfolding; the least of the four is the method's bound, at any size of image.

    Rows are (out, height), (out, width), out, and (out, height, width); columns are all that is left. Norms are exact:
    the authors' power iteration approaches them from below, and before it ends there is no bound.
    """
    o, i, h, w = range(-4, 0)
    orders = ((o, h, i, w), (o, w, i, h), (o, i, h, w), (o, h, w, i))
    batch = range(kernel.ndim - 4)
    norms = []
    for order, rows in zip(orders, (2, 2, 1, 3), strict=True):
        turned = kernel.permute(*batch, *(kernel.ndim + axis for axis in order))
        matrix = turned.flatten(-4 + rows).flatten(-1 - rows, -2)
        norms.append(torch.linalg.matrix_norm(matrix, ord=2))
    return (kernel.shape[-2] * kernel.shape[-1]) ** 0.5 * torch.stack(norms, -1)
