import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from redrawn.methods import periodic


@pytest.mark.parametrize("a", [0.2, 1.0, 5.0])
def test_snake_by_its_second_form_and_its_slope(a):
    x = torch.linspace(-6, 6, 401, dtype=torch.float64, requires_grad=True)
    y = periodic.snake(x, a)
    torch.testing.assert_close(y, x - torch.cos(2 * a * x) / (2 * a) + 1 / (2 * a))
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(slope, 1 + torch.sin(2 * a * x))
    assert slope.min() >= 0


@pytest.mark.parametrize("a", [0.2, 1.0, 5.0])
def test_variance_by_quadrature(a):
    def moment(power):
        def integrand(z):
            return (z + math.sin(a * z) ** 2 / a) ** power * stats.norm.pdf(z)

        return integrate.quad(integrand, -12, 12, limit=500)[0]

    assert periodic.snake_variance(a) == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-8)


def test_two_snakes_make_a_cosine():
    x = torch.linspace(-100, 100, 1001, dtype=torch.float64)
    for k in (1.0, 7.0):
        found = periodic.cosine_from_snakes(x, k).numpy()
        np.testing.assert_allclose(found, np.cos(k * x.numpy()), atol=1e-11)


@pytest.mark.parametrize("a", [0.0, -1.0])
def test_a_must_be_positive(a):
    with pytest.raises(ValueError, match="positive"):
        periodic.snake(torch.zeros(1), a)
