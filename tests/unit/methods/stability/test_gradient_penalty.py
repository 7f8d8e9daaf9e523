"""Finite differences of gradients: order of their error, flooding, and the shrinkage of a diagonal network's scale."""

import pytest
import torch

from redrawn.methods import stability
from redrawn.methods.curvature import hessian_vector_product
from redrawn.methods.stability import squared_regression as diagonal

DRAW = torch.Generator().manual_seed(2)
X, Y = torch.randn(4, 6, generator=DRAW).double(), torch.randn(4, generator=DRAW).double()
W = 0.5 + torch.rand(12, generator=DRAW).double()


def loss(w):
    return diagonal.residuals(*w.chunk(2), X, Y).square().mean() / 2


gradient = torch.func.grad(loss)


def test_double_backpropagation_is_the_hessian_times_the_gradient():
    here, penalty = stability.double_backpropagation(loss, W)
    torch.testing.assert_close(here, gradient(W))
    torch.testing.assert_close(penalty, hessian_vector_product(loss, W, gradient(W)))


@pytest.mark.parametrize("sign", [1, -1])
def test_differences_have_an_error_of_first_order(sign):
    exact = stability.double_backpropagation(loss, W)[1]
    errors = [(stability.difference(gradient, W, sign * e)[1] - exact).norm() for e in (1e-3, 5e-4)]
    assert 1.9 < errors[0] / errors[1] < 2.1
    torch.testing.assert_close(stability.difference(gradient, W, 0.1)[0], gradient(W))


def test_flooding_ascends_below_its_level_and_descends_above():
    level = loss(W)
    up = stability.flooded_step(loss, gradient, W, level + 1, 1e-4)
    down = stability.flooded_step(loss, gradient, W, level - 1, 1e-4)
    torch.testing.assert_close(up - W, 1e-4 * gradient(W))
    torch.testing.assert_close(down - W, -1e-4 * gradient(W))


def test_scale_of_a_diagonal_network_shrinks_by_the_product_of_both_slopes():
    ascent, gamma, step = 0.05, 0.3, 1e-6
    here, penalty = stability.difference(gradient, W, ascent)
    end = W - step * (here + gamma * penalty)
    change = [(w[:6] * w[6:]).abs().log() for w in (W, end)]
    slopes = [
        diagonal.slope(diagonal.residuals(*w.chunk(2), X, Y), X) for w in (W, W + ascent * here)
    ]
    torch.testing.assert_close(
        (change[1] - change[0]) / step, -8 * gamma * slopes[0] * slopes[1], rtol=1e-3, atol=1e-3
    )
