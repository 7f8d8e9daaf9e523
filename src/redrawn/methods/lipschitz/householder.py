"""The Householder activation: a group's input is reflected where it lies on the wrong side of a plane (Singla et al., ICLR 2022).

    φ(x) = x  where v·x > 0,  and  (I - 2 v vᵀ) x  elsewhere,  |v| = 1

It keeps what is orthogonal to v, and makes v·x its absolute value. MaxMin is the one with v = (1, -1)/√2.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def householder(x: Float[Tensor, "*b h"], v: Float[Tensor, "g s"]) -> Float[Tensor, "*b h"]:
    """Reflect each group's input to the side of its unit vector v.

    Raises:
        RuntimeError: groups do not fit h.
    """
    grouped = x.unflatten(-1, v.shape)
    wrong = (grouped * v).sum(-1, keepdim=True).clamp(max=0)
    return (grouped - 2 * wrong * v).flatten(-2)


def householder_kept(v: Float[Tensor, "g s"]) -> Float[Tensor, "g k s"]:
    """Return an orthonormal basis of what is orthogonal to each v, k = s - 1."""
    return torch.linalg.svd(v[:, None]).Vh[:, 1:]


def householder_maps(v: Float[Tensor, "g s"]) -> Float[Tensor, "g 2 s s"]:
    """Return the two linear maps of each group."""
    same = torch.eye(v.shape[1], dtype=v.dtype, device=v.device).expand(len(v), -1, -1)
    return torch.stack([same, same - 2 * v[:, :, None] * v[:, None]], 1)
