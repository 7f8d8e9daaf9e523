"""Residual perceptrons side by side: h ← h + V relu(W h), with or without LayerNorm before each branch, or Fixup.

Fixup (Zhang, Dauphin and Ma, ICLR 2019) begins with V and the last layer at zero and scales W by the number of
branches to the power −1/2, for branches of two layers. Each network is one row of parameters.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def shapes(inputs: int, width: int, branches: int, classes: int) -> list[tuple[int, int]]:
    """Return the matrices in their order: first layer, W and V of each branch, last layer."""
    return [(inputs, width), *[(width, width)] * 2 * branches, (width, classes)]


def initial(
    sizes: list[tuple[int, int]], gain: float, fixup: bool, count: int, source: torch.Generator
) -> Float[Tensor, "e n"]:
    """Draw normal weights of deviation gain · √(2 / inputs); with Fixup, its rule at the same gain."""
    parts = []
    branches = (len(sizes) - 2) // 2
    for i, (a, b) in enumerate(sizes):
        matrix = gain * (2 / a) ** 0.5 * torch.randn(count, a * b, generator=source)
        if fixup and 0 < i < len(sizes) - 1 and i % 2:
            matrix = matrix / branches**0.5
        if fixup and i and (i % 2 == 0 or i == len(sizes) - 1):
            matrix = 0 * matrix
        parts.append(matrix)
    return torch.cat(parts, 1)


def logits(
    w: Float[Tensor, "e n"],
    x: Float[Tensor, "e b i"],
    sizes: list[tuple[int, int]],
    normalise: bool,
) -> Float[Tensor, "e b k"]:
    """Return each network's outputs for its own batch."""
    flat = w.split([a * b for a, b in sizes], 1)
    first, *inner, last = (p.unflatten(1, s) for p, s in zip(flat, sizes, strict=True))
    norm = _layer_norm if normalise else _same
    h = x @ first
    for up, down in zip(inner[::2], inner[1::2], strict=True):
        h = h + (norm(h) @ up).relu() @ down
    return norm(h) @ last


def _layer_norm(h: Tensor) -> Tensor:
    return torch.nn.functional.layer_norm(h, h.shape[-1:])


def _same(h: Tensor) -> Tensor:
    return h
