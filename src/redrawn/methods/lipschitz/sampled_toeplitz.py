"""A bound of a convolution's norm by sampling frequencies of its Toeplitz matrix (Araujo et al., AAAI 2021, LipGrid)."""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.circular_convolution import circular_blocks, sampling_factor


def sampled_toeplitz_bound(
    kernel: Float[Tensor, "*b o i k k"], samples: int
) -> Float[Tensor, "*b"]:
    """Return the largest Frobenius norm over channels at `samples`² frequencies, times what it can lie higher in between.

    The bound holds for zero padding and circular padding, at any size of image. A Frobenius norm exceeds the spectral one
    by up to the square root of the smaller number of channels.
    """
    k = kernel.shape[-1]
    taps = kernel.flatten(-4, -3).flatten(-2)
    products = taps.mT @ taps  # of pixels, summed over channels: (*b, k², k²)
    units = torch.eye(k * k, dtype=kernel.dtype, device=kernel.device).unflatten(1, (k, k))
    waves = circular_blocks(units[None], samples)[:, 0].mT  # (k², frequencies)
    squares = (waves.conj() * (products.to(waves) @ waves)).real.sum(-2)
    return sampling_factor(samples, k) * squares.amax(-1).sqrt()
