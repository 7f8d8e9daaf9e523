"""Gradient flow solutions in closed form: against SciPy's integrator, automatic derivatives and conserved quantities."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from redrawn.methods.stability import runge_kutta, scalar_network, squared_regression

W = torch.tensor([[0.4, 1.7, 2.1], [3.0, 0.2, 0.9], [1.1, 1.2, 0.8]], dtype=torch.float64)


@pytest.fixture(scope="module")
def regression():
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(2, 4, 9, generator=draw, dtype=torch.float64)
    u, v = torch.rand(2, 2, 9, generator=draw, dtype=torch.float64) + 0.2
    return u, v, x, torch.randn(2, 4, generator=draw, dtype=torch.float64)


def test_scalar_solution_is_where_the_flow_ends():
    def field(_, w):
        return -torch.autograd.functional.jacobian(scalar_network.loss, torch.tensor(w)).numpy()

    for w, found in zip(W, scalar_network.flow_solution(W), strict=True):
        end = solve_ivp(field, (0, 60), w.numpy(), rtol=1e-9, atol=1e-11).y[:, -1]
        np.testing.assert_allclose(found, end, rtol=1e-6)


def test_scalar_solution_keeps_differences_of_squares_and_itself():
    z = scalar_network.flow_solution(W)
    torch.testing.assert_close(z.prod(-1), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(z.square().diff(dim=-1), W.square().diff(dim=-1))
    torch.testing.assert_close(scalar_network.flow_solution(z), z)


def test_scalar_step_and_sharpness_against_automatic_derivatives():
    for w in W:
        gradient = torch.func.grad(scalar_network.loss)(w)
        torch.testing.assert_close(scalar_network.descend(w, 0.1), w - 0.1 * gradient)
        exact = torch.linalg.eigvalsh(torch.func.hessian(scalar_network.loss)(w))[-1]
        torch.testing.assert_close(scalar_network.sharpness(w), exact)
    z = scalar_network.flow_solution(W)
    torch.testing.assert_close(scalar_network.flow_sharpness(W), scalar_network.sharpness(z))


def test_scalar_weights_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        scalar_network.flow_solution(-W)


def test_starts_have_the_sharpness_that_was_asked_for():
    z = scalar_network.solutions(50, 4, 0.2, torch.Generator().manual_seed(0), noise=0)
    torch.testing.assert_close(z.prod(-1), torch.ones(50, dtype=torch.float64))
    share = scalar_network.sharpness(z) * 0.2 / 2
    assert share.min() > 1 and share.max() < 2**0.5 and share.std() > 0.08


def loss_of(flat, x, y):
    u, v = flat.chunk(2)
    return squared_regression.residuals(u, v, x, y).square().mean() / 2


def test_regression_solution_is_where_the_flow_ends(regression):
    u, v, x, y = regression
    p, q = squared_regression.flow_solution(u, v, x, y)
    assert squared_regression.residuals(p, q, x, y).abs().max() < 1e-9
    torch.testing.assert_close(p * q, u * v)
    gradient = torch.func.vmap(torch.func.grad(loss_of))
    step = torch.full((2, 1), 0.05, dtype=torch.float64)
    end = runge_kutta(lambda w: gradient(w, x, y), torch.cat([u, v], 1), step, 2_000)
    torch.testing.assert_close(torch.cat([p, q], 1), end, rtol=1e-4, atol=1e-4)


def test_regression_step_sharpness_and_trace(regression):
    u, v, x, y = regression
    gradient = torch.func.vmap(torch.func.grad(loss_of))(torch.cat([u, v], 1), x, y)
    moved = torch.cat(squared_regression.descend(u, v, x, y, 0.1), 1)
    torch.testing.assert_close(moved, torch.cat([u, v], 1) - 0.1 * gradient)
    p, q = squared_regression.flow_solution(u, v, x, y)
    hessian = torch.func.vmap(torch.func.hessian(loss_of))(torch.cat([p, q], 1), x, y)
    values = torch.linalg.eigvalsh(hessian)
    torch.testing.assert_close(squared_regression.sharpness_at_solution(p, q, x), values[:, -1])
    torch.testing.assert_close(squared_regression.trace_at_solution(p, q, x), values.sum(-1))


def test_runge_kutta_is_of_fourth_order():
    w = torch.ones(1, 1, dtype=torch.float64)
    errors = []
    for count in (4, 8):
        step = torch.full((1, 1), 1 / count, dtype=torch.float64)
        errors.append(abs(runge_kutta(lambda w: w, w, step, count).item() - np.exp(-1)))
    assert 14 < errors[0] / errors[1] < 19
