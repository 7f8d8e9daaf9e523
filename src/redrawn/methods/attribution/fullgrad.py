"""FullGrad (Srinivas and Fleuret, NeurIPS 2019): gradients of the input and of every bias.

A network of affine layers and piecewise linear units is f(x) = ∇f·x + Σ ∂f/∂z · b over all biases b. BatchNorm with frozen
statistics has the bias b - μ γ / √(v + ε); a saturated ReLU6 has 6, at its output.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from redrawn.methods.attribution.gradient import Score
from redrawn.methods.attribution.layers import recorded

BIASED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.ReLU6)


@dataclass(frozen=True)
class FullGradient:
    """A score taken apart: ∇f ⊙ x, and each biased layer's gradient times bias, at each place."""

    score: Float[Tensor, " n"]
    inputs: Float[Tensor, "n c h w"]
    biases: list[Tensor]

    def residual(self) -> Float[Tensor, " n"]:
        """Return what the parts leave of the score, relative to it."""
        parts = [self.inputs, *self.biases]
        total = sum(part.flatten(1).double().sum(1) for part in parts)
        return ((self.score - total) / self.score).float()

    def map(self) -> Float[Tensor, "n h w"]:
        """Return the saliency map: |part|, scaled to [0, 1] a layer, enlarged, and summed over layers and channels.

        Layers without places, such as full connections, have no part in it.
        """
        size = self.inputs.shape[-2:]
        total = _scaled(self.inputs).sum(1)
        for part in self.biases:
            if part.ndim == 4:
                channels = _scaled(part).sum(1, keepdim=True)  # enlarging is linear: sum first
                total = (
                    total + F.interpolate(channels, size, mode="bilinear", align_corners=True)[:, 0]
                )
        return total


def _scaled(part: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Scale |part| to [0, 1], jointly over a layer's channels as the authors' code does."""
    size = part.abs()
    low, high = size.amin((1, 2, 3), keepdim=True), size.amax((1, 2, 3), keepdim=True)
    return (size - low) / (high - low + 1e-6)


def _bias(layer: nn.Module, output: Tensor) -> Tensor | None:
    """Return the layer's bias in a shape that broadcasts to its output, or None."""
    if isinstance(layer, nn.ReLU6):
        return torch.where(output >= 6, 6.0, 0.0)
    bias = layer.bias
    if isinstance(layer, nn.BatchNorm2d):
        bias = bias - layer.running_mean * layer.weight / (layer.running_var + layer.eps).sqrt()
    return bias if bias is None else bias.view(-1, *[1] * (output.ndim - 2))


def full_gradient(network: nn.Module, score: Score, x: Float[Tensor, "n c h w"]) -> FullGradient:
    """Take the score apart by one backward pass.

    Args:
        network: in evaluation mode, made of `Conv2d`, `Linear`, `BatchNorm2d`, ReLU, `ReLU6` modules and of linear operations;
            the residual shows where it is not.
        score: runs the network.
        x: as the network reads it.
    """
    point = x.detach().requires_grad_()
    with recorded([m for m in network.modules() if isinstance(m, BIASED)]) as calls:
        values = score(point)
    pairs = [(out, _bias(layer, out)) for layer, _, out in calls]
    pairs = [(out, bias) for out, bias in pairs if bias is not None]
    slopes = torch.autograd.grad(values.sum(), [point, *[out for out, _ in pairs]])
    parts = [slope * bias for slope, (_, bias) in zip(slopes[1:], pairs, strict=True)]
    return FullGradient(values.detach(), slopes[0] * x, parts)
