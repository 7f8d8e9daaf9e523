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
    if octaves < 1:
        raise ValueError(f"octaves must be at least 1, got {octaves}")
    scale = math.pi * 2 ** torch.arange(octaves, device=x.device, dtype=x.dtype)
    angles = (x[..., None] * scale).flatten(-2)
    return torch.cat([x, torch.sin(angles), torch.cos(angles)], dim=-1)
