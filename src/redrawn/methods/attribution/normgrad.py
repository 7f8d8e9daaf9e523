"""NormGrad (Rebuffi, Fong, Ji and Vedaldi, CVPR 2020): how much each place adds to the gradient of a layer's weights.

A 1 × 1 convolution's weight gradient is Σ_u g(u) x(u)ᵀ over places u; the map is ‖g(u) x(u)ᵀ‖ = ‖g(u)‖ ‖x(u)‖. Any layer has such a
convolution behind it, the identity. A *meta step* descends on the loss before the map is taken (their Sec. 5).
"""

import copy

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def normgrad(
    features: Float[Tensor, "n k h w"], slopes: Float[Tensor, "n c h w"]
) -> Float[Tensor, "n h w"]:
    """Return the map of a 1 × 1 convolution with input `features` and gradients `slopes` at its output."""
    return features.norm(dim=1) * slopes.norm(dim=1)


def combined(maps: list[Float[Tensor, "n h w"]], size: tuple[int, int]) -> Float[Tensor, "n i j"]:
    """Return the geometric mean of several layers' maps, each scaled to [0, 1] and enlarged."""
    total = 0.0
    for one in maps:
        low, high = one.amin((1, 2), keepdim=True), one.amax((1, 2), keepdim=True)
        scaled = (one - low) / (high - low).clamp_min(1e-12)
        large = F.interpolate(scaled[:, None], size, mode="bilinear", align_corners=False)[:, 0]
        total = total + large.clamp_min(1e-6).log()
    return (total / len(maps)).exp()


def meta_step(
    network: nn.Module, x: Float[Tensor, "1 c h w"], label: Int[Tensor, " 1"], learning_rate: float
) -> nn.Module:
    """Return a copy of the network after one descent step on one sample's cross-entropy."""
    moved = copy.deepcopy(network).requires_grad_()
    weights = list(moved.parameters())
    slopes = torch.autograd.grad(F.cross_entropy(moved(x), label), weights)
    with torch.no_grad():
        for weight, slope in zip(weights, slopes, strict=True):
            weight -= learning_rate * slope
    return moved.requires_grad_(False)
