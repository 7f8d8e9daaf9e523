"""Landscapes: gradients against finite differences, and their known minima."""

import numpy as np
import pytest
import torch

from redrawn.methods.gradients import quadratics, two_valleys, valley

POINTS = [(0.5, -3.0), (1.3, 0.4), (-2.2, 2.0), (4.0, -1.0), (-0.7, 6.0)]


@pytest.mark.parametrize("point", POINTS)
def test_valley_gradients_are_those_of_the_losses(point):
    a, b = point
    h = 1e-6
    by_a = np.subtract(valley.losses(a + h, b), valley.losses(a - h, b)) / (2 * h)
    by_b = np.subtract(valley.losses(a, b + h), valley.losses(a, b - h)) / (2 * h)
    ax, ay, bx, by = valley.gradients(a, b)
    np.testing.assert_allclose([ax, bx, ay, by], [*by_a, *by_b], rtol=1e-5, atol=1e-6)


def test_valley_is_the_papers():
    # L₁ = 20 ln|¼ + tanh(-3)| at the start, and both are lowest far up at θ₁ = -2
    assert valley.START == (0.5, -3.0)
    first, second = valley.losses(0.5, -3.0)
    assert first == pytest.approx(20 * np.log(abs(0.25 + np.tanh(-3))))
    assert second == pytest.approx(25 * np.log(abs(0.25 - np.tanh(-3) + 2)))
    assert valley.losses(-2, 40) == pytest.approx((20 * np.log(5e-6), 25 * np.log(5e-6)))
    assert valley.gradients(-2, 40) == (0, 0, 0, 0)


def test_two_valleys_jacobian_is_that_of_the_losses():
    points = np.array([*POINTS, (-8.5, 7.5), (9, -1), (3, -8)])
    values, jacobian = two_valleys.losses_and_jacobian(points)
    for axis in range(2):
        step = np.zeros(2)
        step[axis] = 1e-6
        up, down = (two_valleys.losses_and_jacobian(points + s * step)[0] for s in (1, -1))
        np.testing.assert_allclose(jacobian[..., axis], (up - down) / 2e-6, rtol=1e-4, atol=1e-5)
    assert values.shape == (len(points), 2)


def reference(x, y):
    """The two valleys, written with torch, whose clamp passes gradients where both sides are equal."""
    f1 = (0.5 * (-x - 7) - torch.tanh(-y)).abs().clamp_min(5e-6).log() + 6
    f2 = (0.5 * (-x + 3) + torch.tanh(-y) + 2).abs().clamp_min(5e-6).log() + 6
    q1 = ((-x + 7) ** 2 + 0.1 * (-y - 8) ** 2) / 10 - 20
    q2 = ((-x - 7) ** 2 + 0.1 * (-y - 8) ** 2) / 10 - 20
    c1, c2 = (0.5 * y).tanh().clamp_min(0), (-0.5 * y).tanh().clamp_min(0)
    return f1 * c1 + q1 * c2, f2 * c1 + q2 * c2


@pytest.mark.parametrize("start", two_valleys.STARTS)
def test_two_valleys_agree_with_torch_at_every_start(start):
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    values, jacobian = two_valleys.losses_and_jacobian(np.array([start]))
    for i, loss in enumerate(reference(*point)):
        (slope,) = torch.autograd.grad(loss, point, retain_graph=True)
        assert values[0, i] == pytest.approx(loss.item())
        np.testing.assert_allclose(jacobian[0, i], slope, atol=1e-12)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_two_valleys_weighted_minimum(share):
    # the gradient of s L₁ + (1 - s) L₂ in x vanishes at 7 (2s - 1)
    _, jacobian = two_valleys.losses_and_jacobian(np.array([(7 * (2 * share - 1), -8.3)]))
    assert abs(np.array([share, 1 - share]) @ jacobian[0, :, 0]) < 1e-9


@pytest.mark.parametrize("problem", [quadratics.EWQ, quadratics.CQF], ids=["EWQ", "CQF"])
def test_quadratics_jacobian(problem):
    x = problem.starts.astype(float)
    values, jacobian = quadratics.losses_and_jacobian(problem, x)
    for axis in range(2):
        step = np.zeros(2)
        step[axis] = 1e-6
        up, down = (quadratics.losses_and_jacobian(problem, x + s * step)[0] for s in (1, -1))
        np.testing.assert_allclose(jacobian[..., axis], (up - down) / 2e-6, atol=1e-6)
    assert (values >= 0).all()


def test_quadratics_are_the_papers():
    values, _ = quadratics.losses_and_jacobian(quadratics.EWQ, np.array([(3.0, -2.0)]))
    np.testing.assert_allclose(values, [[9, 4]])
    turn = np.pi / 16
    along = np.array([(1 + np.cos(turn), np.sin(turn))])  # one unit along B₁'s long axis from u₁
    values, _ = quadratics.losses_and_jacobian(quadratics.CQF, along)
    assert values[0, 0] == pytest.approx(1)
    across = np.array([(-1 + np.sin(turn), np.cos(turn))])  # along B₂'s short axis from u₂
    assert quadratics.losses_and_jacobian(quadratics.CQF, across)[0][0, 1] == pytest.approx(0.01)


def test_gradients_are_opposite_on_the_front():
    points = quadratics.pareto_points(quadratics.CQF, 50)
    _, jacobian = quadratics.losses_and_jacobian(quadratics.CQF, points)
    inner = (jacobian[:, 0] * jacobian[:, 1]).sum(1)
    norms = np.linalg.norm(jacobian, axis=2).prod(1)
    np.testing.assert_allclose(inner / norms, -1, atol=1e-9)
