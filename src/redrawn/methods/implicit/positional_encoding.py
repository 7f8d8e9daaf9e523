"""Positional encoding of coordinates, as Sitzmann et al. (NeurIPS 2020) use it for their ReLU baseline."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def frequencies(side: int) -> int:
    """Return the number of octaves for an image of `side` pixels: ⌊log₂(side / 4)⌋, at least one."""
    return max(1, int(math.log2(side / 4)))


def positional_encoding(
    x: Float[Tensor, "*batch d"], octaves: int
) -> Float[Tensor, "*batch features"]:
    """Return [x, sin(2ⁱπx), cos(2ⁱπx)] for i = 0 … octaves-1, that is d(1 + 2·octaves) features.

    Raises:
        ValueError: fewer than one octave.
    """
    angles, _ = _angles(x, octaves)
    return torch.cat([x, torch.sin(angles), torch.cos(angles)], dim=-1)


def positional_encoding_jet(
    x: Float[Tensor, "e n d"], octaves: int, order: int = 2
) -> Float[Tensor, "e jets n features"]:
    """Return the encoding, its derivative along each coordinate and (order 2) its Laplacian.

    Each feature depends on one coordinate, so its Laplacian is its second derivative.

    Raises:
        ValueError: fewer than one octave, or an order that is neither 1 nor 2.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    angles, scale = _angles(x, octaves)
    sine, cosine = torch.sin(angles), torch.cos(angles)
    rate = scale.repeat(x.shape[-1])  # of each angle, radians per unit of its coordinate
    parts = [torch.cat([x, sine, cosine], dim=-1)]
    slope = torch.cat([torch.ones_like(x), rate * cosine, -rate * sine], dim=-1)
    owner = torch.arange(x.shape[-1], device=x.device)
    owner = torch.cat([owner, *[owner.repeat_interleave(octaves)] * 2])  # whose feature it is
    parts += [slope * (owner == i) for i in range(x.shape[-1])]
    if order == 2:
        parts.append(torch.cat([torch.zeros_like(x), -(rate**2) * sine, -(rate**2) * cosine], -1))
    return torch.stack(parts, dim=1)


def _angles(x: Tensor, octaves: int) -> tuple[Tensor, Tensor]:
    if octaves < 1:
        raise ValueError(f"octaves must be at least 1, got {octaves}")
    scale = math.pi * 2 ** torch.arange(octaves, device=x.device, dtype=x.dtype)
    return (x[..., None] * scale).flatten(-2), scale
