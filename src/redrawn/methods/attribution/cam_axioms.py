"""The axioms that XGrad-CAM is made for (Fu et al., BMVC 2020, Sec. 3), as errors that are zero where they hold.

conservation   |S(A) - Σ_k w_k Σ_u A_k(u)| / |S(A)|
sensitivity    Σ_k |S(A) - S(A without A_k) - w_k Σ_u A_k(u)| / Σ_k |S(A) - S(A without A_k)|
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Head = Callable[[Tensor], Tensor]


def shares(
    features: Float[Tensor, "n k h w"], weights: Float[Tensor, "n k"]
) -> Float[Tensor, "n k"]:
    """Return each feature map's share w_k Σ_u A_k(u)."""
    return weights * features.sum((2, 3))


def conservation_error(
    score: Float[Tensor, " n"], share: Float[Tensor, "n k"]
) -> Float[Tensor, " n"]:
    """Return how far the shares are from adding up to the score."""
    return (score - share.sum(1)).abs() / score.abs()


@torch.no_grad()
def falls(head: Head, features: Float[Tensor, "n k h w"], chunk: int = 64) -> Float[Tensor, "n k"]:
    """Return by how much the score falls without each feature map.

    Args:
        head: takes the features (m, k, h, w), m a multiple of n in the samples' order repeated, to scores (m,).
        features: of the layer.
        chunk: feature maps that are taken away side by side.
    """
    whole = head(features)
    found = []
    for places in torch.arange(features.shape[1], device=features.device).split(chunk):
        many = features.repeat(len(places), 1, 1, 1).unflatten(0, (len(places), -1))
        many[torch.arange(len(places)), :, places] = 0
        found.append(whole - head(many.flatten(0, 1)).view(len(places), -1))
    return torch.cat(found).T


def sensitivity_error(
    fall: Float[Tensor, "n k"], share: Float[Tensor, "n k"]
) -> Float[Tensor, " n"]:
    """Return how far the shares are from the falls."""
    return (fall - share).abs().sum(1) / fall.abs().sum(1)
