"""The constrained solve: Jacobian and Hessian by autograd, the minimum by SciPy, the implicit gradient by differences."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from redrawn.methods import physics
from redrawn.methods.physics import diffusion_sorption as ds


def draw(solves=2, points=40, unknowns=3, seed=0):
    """A basis whose combinations near ω = 1 are positive, so that no point lies at the floor of R."""
    source = torch.Generator().manual_seed(seed)

    def rand(*shape):
        return torch.rand(shape, generator=source, dtype=torch.float64)

    value = 0.2 + rand(solves, points, unknowns)
    other = [rand(solves, points, unknowns) - 0.5 for _ in range(2)]
    edges = [0.2 + rand(solves, 8, unknowns) for _ in range(4)]
    return physics.Rows(value, *other, *edges, torch.tensor([0.1, 0.2]).double()[:solves])


def test_retardation_and_its_derivatives():
    u = torch.linspace(0.01, 1, 30).double().requires_grad_()
    q, slope = ds.retardation(u)
    retard = 1 + (1 - 0.29) / 0.29 * 2880 * 3.5e-4 * 0.874 * u**-0.126
    torch.testing.assert_close(q, 1 / retard)
    (first,) = torch.autograd.grad(q.sum(), u, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), u)
    torch.testing.assert_close(slope, first)
    torch.testing.assert_close(ds.retardation_bend(u), second)
    low = torch.tensor([-1.0, 0.0]).double()
    below = torch.stack([*ds.retardation(low), ds.retardation_bend(low)])
    assert torch.isfinite(below).all() and not below[1:].any()


def test_jacobian_and_hessian_are_autograds():
    rows = draw()
    omega = 0.5 + torch.rand(2, 3, generator=torch.Generator().manual_seed(1)).double()
    residual, jacobian = physics.system(rows, omega)
    expected = torch.autograd.functional.jacobian(lambda w: physics.system(rows, w)[0], omega)
    for i in range(2):
        torch.testing.assert_close(jacobian[i], expected[i, :, i])
    found = physics.hessian(rows, omega)
    other = torch.autograd.functional.hessian(
        lambda w: physics.system(rows, w)[0].square().sum() / 2, omega
    )
    for i in range(2):
        torch.testing.assert_close(found[i], other[i, :, i])
    # squares add up to means over each kind of point and the ridge
    inside, _ = physics.equation(rows, omega)
    ends = [
        (rows.at_start @ omega[..., None])[..., 0] - rows.initial[:, None],
        (rows.at_left @ omega[..., None])[..., 0] - 1,
        ((rows.at_right + 5e-4 * rows.slope_right) @ omega[..., None])[..., 0],
    ]
    total = sum(r.square().mean(1) for r in (inside, *ends)) + 1e-4 * omega.square().sum(1)
    torch.testing.assert_close(residual.square().sum(1), total)


def test_equation_is_diffusion_and_sorption():
    rows = draw()
    omega = torch.ones(2, 3).double()
    u, rate, curve = (part.sum(-1) for part in rows[:3])
    retard = 1 + ds.SORPTION * u**-0.126
    torch.testing.assert_close(physics.equation(rows, omega)[0], rate - 500 * 5e-4 / retard * curve)


def test_minimum_is_scipys():
    rows = draw()
    omega, count = physics.levenberg_marquardt(rows, 200, 1e-10)
    assert (count > 1).all() and (count < 200).all()
    for i in range(2):
        one = physics.Rows(*(part[i : i + 1] for part in rows))

        def residual(w, one=one):
            return physics.system(one, torch.as_tensor(w)[None])[0][0].numpy()

        found = least_squares(residual, np.ones(3), method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14)
        np.testing.assert_allclose(omega[i], found.x, rtol=1e-5)


def polished(rows):
    """The minimum to rounding, by Newton: descent alone stops at the root of rounding."""
    omega, _ = physics.levenberg_marquardt(rows, 300, 1e-10)
    for _ in range(3):
        residual, jacobian = physics.system(rows, omega)
        gradient = (jacobian.mT @ residual[..., None])[..., 0]
        omega = omega - torch.linalg.solve(physics.hessian(rows, omega), gradient)
    return omega


def test_implicit_gradient_is_the_finite_difference():
    base = draw()
    source = torch.Generator().manual_seed(3)
    mix = torch.randn(2, 3, generator=source, dtype=torch.float64)
    for k in range(7):
        part = base[k].clone().requires_grad_()
        rows = physics.Rows(*base[:k], part, *base[k + 1 :])
        omega, _ = physics.constrained(rows, 300, 1e-10)
        (slope,) = torch.autograd.grad((mix * omega).sum(), part)
        way = torch.randn(part.shape, generator=source, dtype=torch.float64)
        ends = []
        for sign in (1, -1):
            moved = physics.Rows(*base[:k], base[k] + sign * 1e-4 * way, *base[k + 1 :])
            ends.append((mix * polished(moved)).sum())
        expected = (ends[0] - ends[1]) / 2e-4
        torch.testing.assert_close((slope * way).sum(), expected, rtol=1e-4, atol=1e-7)


def test_parts_fit_their_points_better_than_the_whole():
    """Two solves on halves of the points leave no more of the equation's squares than one on all of them."""
    whole = draw(1, 40)
    halves = physics.Rows(
        *(p.view(2, 20, 3) for p in whole[:3]), *(p.expand(2, -1, -1) for p in whole[3:7]),
        whole.initial.expand(2),
    )  # fmt: skip
    both, _ = physics.levenberg_marquardt(halves, 200, 1e-10)
    one, _ = physics.levenberg_marquardt(whole, 200, 1e-10)
    cost = [
        physics.system(r, w)[0].square().sum(1).mean() for r, w in ((halves, both), (whole, one))
    ]
    assert cost[0] < cost[1]


def test_reference_keeps_its_boundaries_and_agrees_with_another_grid():
    x, t = np.linspace(0, 1, 60), np.linspace(0, 1, 6)
    found = ds.reference(0.1, x, t)
    assert (found[:, 0] == 1).all() and np.abs(found[0, 1:] - 0.1).max() < 1e-6
    assert np.linalg.norm(found - ds.reference(0.1, x, t, 200)) < 1e-3 * np.linalg.norm(found)
    assert found[-1, -1] < 0.01 and (np.diff(found[-1]) < 1e-9).all()
    n = 300  # a plain even grid, explicit flux at the end

    def rate(_, u):
        full = np.concatenate([[1.0], u, [u[-1] * 5e-4 / (5e-4 + 1 / n)]])
        return 0.25 / (1 + ds.SORPTION * np.maximum(u, 1e-6) ** -0.126) * np.diff(full, 2) * n**2

    other = solve_ivp(rate, (0, 1), np.full(n - 1, 0.1), "LSODA", lband=1, uband=1, rtol=1e-6)
    even = np.interp(x, np.arange(1, n) / n, other.y[:, -1])
    np.testing.assert_allclose(found[-1, 5:-5], even[5:-5], atol=5e-3)


def test_draw_is_away_from_the_floor():
    rows = draw()
    omega, _ = physics.levenberg_marquardt(rows, 200, 1e-10)
    assert (rows.value @ omega[..., None]).min() > ds.FLOOR


def test_each_solve_ends_where_its_own_gradient_has_fallen():
    rows = draw()
    rows = rows._replace(curve=rows.curve * torch.tensor([1.0, 30.0]).double()[:, None, None])
    tolerance = 1e-5
    omega, count = physics.levenberg_marquardt(rows, 200, tolerance)
    assert count[0] != count[1]

    def size(omega, one):
        residual, jacobian = physics.system(one, omega)
        return (jacobian.mT @ residual[..., None]).norm()

    for i in range(2):
        one = physics.Rows(*(part[i : i + 1] for part in rows))
        alone, steps = physics.levenberg_marquardt(one, 200, tolerance)
        assert steps[0] == count[i]
        torch.testing.assert_close(alone[0], omega[i])
        first = size(torch.ones_like(alone), one)
        before, _ = physics.levenberg_marquardt(one, int(steps[0]) - 1, tolerance)
        assert size(alone, one) <= tolerance * first < size(before, one)


@pytest.mark.parametrize("iterations", [0, 1])
def test_solve_counts_its_iterations(iterations):
    omega, count = physics.levenberg_marquardt(draw(), iterations)
    assert (count == iterations).all() and (iterations or (omega == 1).all())
