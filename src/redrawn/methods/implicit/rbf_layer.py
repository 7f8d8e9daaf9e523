"""A first layer of trainable radial bumps: the RBF baseline of Sitzmann et al. (NeurIPS 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.implicit.siren import uniform


def init_rbf(
    inputs: int, centres: int, ensemble: int, generator: torch.Generator, device="cpu"
) -> tuple[Float[Tensor, "e centres d"], Float[Tensor, "e 1 centres"]]:
    """Draw centres from U(-1, 1)^d with sharpness σ = 10 each, as the authors' code does.

    Raises:
        ValueError: fewer than one centre.
    """
    if centres < 1:
        raise ValueError(f"needs at least one centre, got {centres}")
    places = uniform((ensemble, centres, inputs), 1.0, generator, device)
    return places, torch.full((ensemble, 1, centres), 10.0, device=device)


def rbf(
    x: Float[Tensor, "e n d"],
    centres: Float[Tensor, "e centres d"],
    sharpness: Float[Tensor, "e 1 centres"],
) -> Float[Tensor, "e n centres"]:
    """Return exp(-(σ r²)²), r the distance to each centre; the square of σr² is the authors' choice."""
    # r² = |x|² + |c|² - 2x·c: one matrix product for all pairs
    lengths = centres.square().sum(-1)[:, None] + x.square().sum(-1, keepdim=True)
    squared = torch.baddbmm(lengths, x, centres.mT, alpha=-2)
    return torch.exp(-(sharpness * squared).square())
