"""Rescale a gradient whose norm is above a threshold (Pascanu et al., Algorithm 1)."""

import torch
from jaxtyping import Float
from torch import Tensor


def rescale(
    gradients: list[Float[Tensor, "e ..."]], threshold: Float[Tensor, " e"]
) -> list[Float[Tensor, "e ..."]]:
    """Return g τ/‖g‖ where the norm of all of a network's gradients exceeds τ, else g.

    Args:
        gradients: one slice a network, of every parameter.
        threshold: τ of each network, infinite where nothing shall be rescaled.
    """
    norm = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    scale = torch.where(norm > threshold, threshold / norm, 1)
    return [scale.reshape(-1, *[1] * (g.ndim - 1)) * g for g in gradients]
