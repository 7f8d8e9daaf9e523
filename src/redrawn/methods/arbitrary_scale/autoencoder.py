"""A small convolutional encoder, and the fixed-scale decoder that an implicit one is compared with.

Networks of an ensemble lie side by side in the channels, and convolutions are grouped.
"""

import itertools

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

FACTOR = 4


def init_convolutions(
    channels: list[int], ensemble: int, generator: torch.Generator, device="cpu"
) -> list[tuple[Tensor, Tensor]]:
    """Draw 3 × 3 kernels (e·out, in, 3, 3) by Kaiming's rule, and zero biases (e·out)."""
    layers = []
    for n, m in itertools.pairwise(channels):
        draw = torch.randn((ensemble * m, n, 3, 3), generator=generator, device=generator.device)
        layers.append(
            ((draw * (2 / (9 * n)) ** 0.5).to(device), torch.zeros(ensemble * m, device=device))
        )
    return layers


def convolve(layers, x: Float[Tensor, "b ec h w"], ensemble: int) -> Float[Tensor, "b em h w"]:
    """Apply the layers with ReLU between them; the last one is linear."""
    for i, (weight, bias) in enumerate(layers):
        x = functional.conv2d(x, weight, bias, padding=1, groups=ensemble)
        x = torch.relu(x) if i < len(layers) - 1 else x
    return x


def encode(layers, images: Float[Tensor, "e b s s"]) -> Float[Tensor, "e b c s/4 s/4"]:
    """Encode each network's images: 4 × 4 pixels become channels, then convolutions."""
    e, b, s, _ = images.shape
    folded = functional.pixel_unshuffle(images.reshape(e * b, 1, s, s), FACTOR)
    size = s // FACTOR
    stacked = folded.reshape(e, b, FACTOR**2, size, size).transpose(0, 1).reshape(b, -1, size, size)
    found = convolve(layers, stacked, e)
    return found.reshape(b, e, -1, size, size).transpose(0, 1)


def decode_features(layers, latents: Float[Tensor, "e b c h w"]) -> Float[Tensor, "e b m h w"]:
    """Turn latents into the feature map that an implicit decoder reads, at the latents' resolution."""
    e, b, c, h, w = latents.shape
    found = convolve(layers, latents.transpose(0, 1).reshape(b, e * c, h, w), e)
    return found.reshape(b, e, -1, h, w).transpose(0, 1)


def decode_fixed(layers, latents: Float[Tensor, "e b c h w"]) -> Float[Tensor, "e b 4h 4w"]:
    """Decode at the encoder's own scale: convolutions to 16 channels, then 4 × 4 pixels from each cell."""
    e, b, _, h, w = latents.shape
    folded = decode_features(layers, latents).reshape(e * b, FACTOR**2, h, w)
    return functional.pixel_shuffle(folded, FACTOR).reshape(e, b, FACTOR * h, FACTOR * w)
