"""The norm of a convolution with circular padding, and its bound by Gram iteration (Delattre et al., ICML 2023, Algorithm 3).

The two-dimensional Fourier transform turns a circular convolution of n × n pixels into one matrix (out, in) a frequency,
    B(ω) = Σ_xy K[:, :, x, y] exp(-i ω·(x, y)),  ω ∈ {0, 2π/n, …}²,
and the convolution's norm is the largest of all ‖B(ω)‖₂ (Sedghi, Gupta and Long, ICLR 2019). For a real kernel -ω has
the conjugate matrix: half of the frequencies will do.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from redrawn.methods.lipschitz.gram_iteration import gram_bounds, gram_gradient


def circular_blocks(
    kernel: Float[Tensor, "*b o i k k"], n: int
) -> Complex[Tensor, "*b frequencies o i"]:
    """Return the matrix of each frequency, n (⌊n/2⌋ + 1) of them.

    Raises:
        ValueError: the kernel is larger than the image.
    """
    if kernel.shape[-1] > n:
        raise ValueError(f"a kernel of {kernel.shape[-1]} pixels on an image of {n}")
    return torch.fft.rfft2(kernel, s=(n, n)).flatten(-2).movedim(-1, -3)


def circular_norm(kernel: Float[Tensor, "*b o i k k"], n: int) -> Float[Tensor, "*b"]:
    """Return the exact norm, by a singular value decomposition a frequency."""
    return torch.linalg.matrix_norm(circular_blocks(kernel, n), ord=2).amax(-1)


def convolution_gram_bounds(
    kernel: Float[Tensor, "*b o i k k"], n: int, steps: int
) -> Float[Tensor, " steps_and_one *b"]:
    """Return the Gram bounds of the convolution after 0 … steps steps."""
    return gram_bounds(circular_blocks(kernel, n), steps).amax(-1)


def convolution_gram_gradient(
    kernel: Float[Tensor, "*b o i k k"], n: int, steps: int
) -> tuple[Float[Tensor, "*b"], Float[Tensor, "*b o i k k"]]:
    """Return the Gram bound and its gradient: that of the largest frequency's bound, taken back to pixels."""
    blocks = circular_blocks(kernel, n)
    place = gram_bounds(blocks, steps)[-1].argmax(-1)
    largest = blocks.take_along_dim(place[..., None, None, None], -3).squeeze(-3)
    bound, slope = gram_gradient(largest, steps)
    pixels = torch.arange(kernel.shape[-1], device=kernel.device)
    down, right = (
        torch.exp(2j * math.pi / n * index[..., None] * pixels)
        for index in (place // (n // 2 + 1), place % (n // 2 + 1))
    )
    wave = (down[..., :, None] * right[..., None, :])[..., None, None, :, :]
    return bound, (slope[..., None, None] * wave).real.to(kernel)


def zero_padding_size(n: int, k: int) -> int:
    """Return the size whose circular norm bounds a convolution that keeps n × n pixels by padding zeros.

    That convolution reads and returns a part of what the circular one does on ⌊k/2⌋ pixels more, where nothing wraps
    around from one border of the part to the other. At size n itself there is no such bound.
    """
    return n + k // 2


def sampling_factor(samples: int, k: int) -> float:
    """Return by how much the norm at any frequency can exceed the largest at `samples`² equally spaced ones.

    A trigonometric polynomial of degree d in one variable exceeds its largest of N samples by (1 - 2d/N)^{-1/2} at most
    (Pfister and Bresler, 2019); a kernel is one of degree (k - 1)/2 in each of two.

    Raises:
        ValueError: fewer samples than pixels along the kernel's edge.
    """
    if samples < k:
        raise ValueError(f"{samples} samples for a kernel of {k} pixels")
    return 1 / (1 - (k - 1) / samples)
