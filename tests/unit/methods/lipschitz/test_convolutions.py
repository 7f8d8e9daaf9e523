"""Norms and bounds of convolutions, against the convolution written out as a matrix."""

import itertools
import math

import pytest
import torch
from torch.nn import functional

from redrawn.methods.lipschitz.circular_convolution import (
    circular_blocks,
    circular_norm,
    convolution_gram_bounds,
    convolution_gram_gradient,
    sampling_factor,
    zero_padding_size,
)
from redrawn.methods.lipschitz.convolution_power import convolution_power
from redrawn.methods.lipschitz.four_unfoldings import unfolding_bounds
from redrawn.methods.lipschitz.sampled_toeplitz import sampled_toeplitz_bound


@pytest.fixture
def kernel():
    source = torch.Generator().manual_seed(1)
    return torch.randn((3, 2, 3, 3), generator=source, dtype=torch.float64)


def written_out(kernel, n, padding):
    """Return the convolution as a matrix, from the images of unit vectors."""
    i, k = kernel.shape[1], kernel.shape[-1]
    units = torch.eye(i * n * n, dtype=kernel.dtype).unflatten(1, (i, n, n))
    wide = functional.pad(units, [k // 2] * 4, mode=padding)
    return functional.conv2d(wide, kernel).flatten(1).T


def rotation_kernel(n):
    """Return taps of rotations by -π/n, 0 and π/n along one axis: circular padding at n spoils their agreement."""
    kernel = torch.zeros(2, 2, 3, 3, dtype=torch.float64)
    for tap, angle in enumerate((-math.pi / n, 0.0, math.pi / n)):
        c, s = math.cos(angle), math.sin(angle)
        kernel[:, :, 1, tap] = torch.tensor([[c, -s], [s, c]])
    return kernel


@pytest.mark.parametrize("n", [4, 5])
def test_blocks_hold_the_singular_values_of_the_circular_matrix(kernel, n):
    exact = torch.linalg.svdvals(written_out(kernel, n, "circular"))
    torch.testing.assert_close(circular_norm(kernel, n), exact[0])
    found = torch.linalg.svdvals(circular_blocks(kernel, n)).flatten()
    assert len(found) == 2 * n * (n // 2 + 1)
    assert all((exact - value).abs().min() < 1e-10 for value in found)


def test_gram_bounds_of_a_convolution_fall_to_its_norm(kernel):
    batch = torch.stack([kernel, 3 * kernel.flip(0)])
    bounds, exact = convolution_gram_bounds(batch, 6, 12), circular_norm(batch, 6)
    assert (bounds[:4] > exact).all() and (bounds[:4].diff(dim=0) < 0).all()
    torch.testing.assert_close(bounds[-1], exact)


@pytest.mark.parametrize(("n", "steps"), [(3, 0), (5, 2), (6, 4)])
def test_the_gradient_is_that_of_finite_differences_and_of_autograd(kernel, n, steps):
    batch = torch.stack([kernel, kernel.flip(0) + 0.1]).requires_grad_()
    bound = convolution_gram_bounds(batch, n, steps)[-1]
    (expected,) = torch.autograd.grad(bound.sum(), batch)
    found, slope = convolution_gram_gradient(batch.detach(), n, steps)
    torch.testing.assert_close(found, bound.detach())
    torch.testing.assert_close(slope, expected)
    h = 1e-6 * torch.eye(kernel.numel(), dtype=kernel.dtype).unflatten(1, kernel.shape)
    up, down = (convolution_gram_bounds(kernel + s * h, n, steps)[-1] for s in (1, -1))
    torch.testing.assert_close((up - down) / 2e-6, slope[0].flatten(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("padding", ["constant", "circular"])
def test_power_iteration_finds_the_norm_of_the_matrix(kernel, padding):
    batch = torch.stack([kernel, kernel.flip(0)])
    source = torch.Generator().manual_seed(2)
    start = torch.randn((2, 2, 5, 5), generator=source, dtype=torch.float64)
    found = convolution_power(batch, start, 400, padding)
    exact = torch.stack([written_out(one, 5, padding) for one in batch])
    torch.testing.assert_close(found[-1], torch.linalg.matrix_norm(exact, 2))
    assert (found.diff(dim=0) >= -1e-12).all()
    with pytest.raises(ValueError, match="odd"):
        convolution_power(batch[..., :2, :2], start, 1, padding)


@pytest.mark.parametrize("n", [4, 6, 8])
def test_the_circular_norm_bounds_zero_padding_only_at_the_larger_size(n):
    kernel = rotation_kernel(n)
    padded = torch.linalg.matrix_norm(written_out(kernel, n, "constant"), 2)
    assert circular_norm(kernel, n) < 0.99 * padded
    assert padded < circular_norm(kernel, zero_padding_size(n, 3))
    assert padded < sampling_factor(n, 3) * circular_norm(kernel, n)


@pytest.mark.parametrize("k", [3, 5])
def test_zero_padding_is_a_part_of_the_larger_circle(k):
    source = torch.Generator().manual_seed(3)
    kernel = torch.randn((2, 2, k, k), generator=source, dtype=torch.float64)
    size = zero_padding_size(5, k)
    circle = written_out(kernel, size, "circular").unflatten(0, (2, size, size))
    part = circle.unflatten(-1, (2, size, size))[:, :5, :5, :, :5, :5]
    expected = written_out(kernel, 5, "constant")
    torch.testing.assert_close(part.flatten(0, 2).flatten(1), expected)


def test_the_other_bounds_hold_at_any_size_and_padding(kernel):
    four, sampled = unfolding_bounds(kernel), sampled_toeplitz_bound(kernel, 6)
    for n, padding in itertools.product((4, 7), ("constant", "circular")):
        exact = torch.linalg.matrix_norm(written_out(kernel, n, padding), 2)
        assert (four > exact).all() and sampled > exact


def test_four_unfoldings_of_a_product_kernel():
    vectors = [torch.randn(m, generator=torch.Generator().manual_seed(m)) for m in (4, 3, 2, 5)]
    kernel = torch.einsum("o,i,h,w->oihw", *vectors)  # every unfolding has rank one
    expected = 10**0.5 * torch.stack([v.norm() for v in vectors]).prod()
    torch.testing.assert_close(unfolding_bounds(kernel), expected.expand(4))
    matrix = unfolding_bounds(torch.eye(3)[:, :, None, None])
    torch.testing.assert_close(matrix, torch.tensor([1.0, 1.0, 1.0, 1.0]))


def test_unfoldings_agree_with_einsum(kernel):
    uneven = torch.cat([kernel, 2 * kernel[..., :1] - 1], -1)  # (3, 2, 3, 4)
    found = unfolding_bounds(torch.stack([uneven, 2 * uneven]))
    shapes = {"ohiw": (9, 8), "owih": (12, 6), "oihw": (3, 24), "ohwi": (36, 2)}
    exact = [
        12**0.5 * torch.linalg.matrix_norm(torch.einsum(f"oihw->{order}", uneven).reshape(shape), 2)
        for order, shape in shapes.items()
    ]
    torch.testing.assert_close(found[0], torch.stack(exact))
    torch.testing.assert_close(found[1], 2 * found[0])


def test_sampled_frequencies_and_the_factor():
    source = torch.Generator().manual_seed(4)
    kernels = torch.randn((50, 1, 1, 3, 3), generator=source, dtype=torch.float64)
    between = circular_norm(kernels, 60)
    for samples in (3, 4, 6):  # one channel: the Frobenius norm is the spectral one
        assert (sampled_toeplitz_bound(kernels, samples) >= between).all()
    assert (circular_norm(kernels, 3) < 0.97 * between).any()  # without the factor it is none
    assert sampling_factor(6, 3) == pytest.approx(1.5)
    with pytest.raises(ValueError, match="samples"):
        sampling_factor(2, 3)
    with pytest.raises(ValueError, match="image"):
        circular_blocks(kernels, 2)
