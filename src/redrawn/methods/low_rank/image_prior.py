"""An untrained convolutional network as a prior of pictures (Ulyanov, Vedaldi, Lempitsky, 2018), for an ensemble.

A small hourglass: two strided convolutions, two bilinear upsamplings, each followed by a convolution, by
normalisation over the picture and by a leaky ReLU; a last convolution and a sigmoid. No skip connections.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from redrawn.methods.low_rank.locality import ensemble_convolution, init_convolutions

STRIDES = (2, 2, 1, 1)


def init_image_prior(
    ensemble: int, inputs: int, width: int, generator: torch.Generator
) -> list[tuple[Float[Tensor, "e outputs inputs 3 3"], Float[Tensor, "e outputs"]]]:
    """Draw the hourglass of `width` channels as `init_convolutions` does; raises as it does."""
    return init_convolutions([inputs, *[width] * 4, 1], ensemble, generator)


def image_prior(layers, noise: Float[Tensor, "e inputs h w"]) -> Float[Tensor, "e h w"]:
    """Return each network's picture, with values within 0 and 1, made from its own fixed noise."""
    x = noise.flatten(0, 1)[None]
    for i, ((weight, bias), stride) in enumerate(zip(layers[:-1], STRIDES, strict=True)):
        if i >= 2:
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = ensemble_convolution(x, weight, bias, stride)
        x = functional.leaky_relu(functional.instance_norm(x), 0.2)
    return torch.sigmoid(ensemble_convolution(x, *layers[-1]))[0]
