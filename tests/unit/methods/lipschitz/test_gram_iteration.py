"""Gram and power iteration on matrices whose singular values are known."""

import pytest
import torch

from redrawn.methods.lipschitz.gram_iteration import gram_bounds, gram_gradient
from redrawn.methods.lipschitz.power_iteration import power_iteration


@pytest.fixture
def source():
    return torch.Generator().manual_seed(0)


def complex_normal(source, *shape):
    real, imaginary = torch.randn((2, *shape), generator=source, dtype=torch.float64)
    return torch.complex(real, imaginary)


@pytest.mark.parametrize("shape", [(3, 7, 4), (3, 4, 7), (2, 3, 5, 5)])
def test_bounds_are_schatten_norms_so_never_below_and_falling(source, shape):
    matrix = complex_normal(source, *shape)
    bounds, sigma = gram_bounds(matrix, 6), torch.linalg.svdvals(matrix)
    for t, bound in enumerate(bounds):
        torch.testing.assert_close(bound, (sigma ** (2 ** (t + 1))).sum(-1) ** 0.5 ** (t + 1))
    assert (bounds >= sigma[..., 0] * (1 - 1e-14)).all() and (bounds[:4].diff(dim=0) < 0).all()


def test_an_orthogonal_matrix_has_the_closed_form(source):
    q, _ = torch.linalg.qr(torch.randn((16, 16), generator=source, dtype=torch.float64))
    expected = 16.0 ** (0.5 ** torch.arange(1, 9, dtype=torch.float64))
    torch.testing.assert_close(gram_bounds(3 * q, 7), 3 * expected)


@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_nothing_overflows_in_single_precision(source, scale):
    matrix = scale * torch.randn((40, 30), generator=source)
    found = gram_bounds(matrix, 15)[-1] / scale
    torch.testing.assert_close(
        found, torch.linalg.matrix_norm(matrix / scale, 2), rtol=1e-4, atol=0
    )


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 3, 5)])
def test_the_gradient_is_that_of_autograd_and_homogeneous(source, steps, shape):
    matrix = complex_normal(source, *shape).requires_grad_()
    bound = gram_bounds(matrix, steps)[-1]
    (expected,) = torch.autograd.grad(bound.sum(), matrix)
    found, slope = gram_gradient(matrix.detach(), steps)
    torch.testing.assert_close(found, bound.detach())
    torch.testing.assert_close(slope, expected)
    inner = (slope.conj() * matrix.detach()).real.sum((-2, -1))
    torch.testing.assert_close(inner, found)  # Euler


def test_the_gradient_tends_to_the_leading_singular_vectors(source):
    matrix = torch.randn((6, 4), generator=source, dtype=torch.float64)
    u, _, v = torch.linalg.svd(matrix)
    _, slope = gram_gradient(matrix, 14)
    torch.testing.assert_close(slope, torch.outer(u[:, 0], v[0]))


def test_power_iteration_climbs_to_the_norm_from_below(source):
    matrix = torch.randn((3, 6, 4), generator=source, dtype=torch.float64)
    start = torch.randn((3, 4, 1), generator=source, dtype=torch.float64)
    found = power_iteration(lambda u: matrix @ u, lambda v: matrix.mT @ v, start, 300)
    exact = torch.linalg.matrix_norm(matrix, 2)
    assert found.shape == (301, 3) and (found <= exact * (1 + 1e-14)).all()
    assert (found.diff(dim=0) >= -1e-14).all()
    torch.testing.assert_close(found[-1], exact)
    first = (matrix @ start).norm(dim=(1, 2)) / start.norm(dim=(1, 2))
    torch.testing.assert_close(found[0], first)
