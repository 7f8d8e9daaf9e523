import numpy as np
import pytest
import torch
from torch.func import jacrev, vmap

from redrawn.methods import polynomial

KERNELS = {1: polynomial.standard_kernel, 2: polynomial.product_kernel}


@pytest.mark.parametrize("degree", [1, 2])
def test_the_kernel_is_the_limit_of_the_networks_own(degree):
    width, d = 20_000, 10
    generator = torch.Generator().manual_seed(0)
    weights = polynomial.init_pi_net(degree, d, width, 1, generator)
    x = torch.randn(5, d, generator=generator)
    x /= x.norm(dim=1, keepdim=True)

    def output(weights, point):
        return polynomial.pi_net(weights, point[None, None])[0, 0, 0]

    rows = vmap(jacrev(output), (None, 0))(weights, x)
    flat = torch.cat([r.reshape(5, -1) for r in rows], 1)
    expected = KERNELS[degree]((x @ x.T).double().numpy())
    np.testing.assert_allclose((flat @ flat.T).numpy(), expected, rtol=0.08, atol=0.03)


def test_the_traces():
    one = np.array(1.0)
    assert polynomial.standard_kernel(one) == pytest.approx(2)
    assert polynomial.product_kernel(one) == pytest.approx(3)


def test_eigenvalues_sum_to_the_trace_and_odd_ones_vanish():
    # d = 3 has 2k + 1 harmonics of degree k; normalised eigenvalues sum to one, and 60 terms leave 1/300
    for kernel in KERNELS.values():
        total = sum((2 * k + 1) * polynomial.mercer_eigenvalue(kernel, k, 3) for k in range(60))
        assert total == pytest.approx(1, abs=5e-3)
    for k in (3, 5, 7):
        assert abs(polynomial.mercer_eigenvalue(polynomial.standard_kernel, k, 10)) < 1e-12
        assert polynomial.mercer_eigenvalue(polynomial.product_kernel, k, 10) > 1e-7


def test_gegenbauer_in_three_dimensions_is_legendre():
    t = np.linspace(-1, 1, 11)
    for k in (0, 1, 4):
        expected = np.polynomial.legendre.Legendre.basis(k)(t)
        np.testing.assert_allclose(polynomial.gegenbauer(t, k, 3), expected, atol=1e-12)


def test_degree_must_be_positive():
    with pytest.raises(ValueError, match="degree"):
        polynomial.init_pi_net(0, 2, 2, 1, torch.Generator())
