import itertools

import cvxpy
import numpy as np
import ot
import pytest
import torch
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import check_grad, linear_sum_assignment

from redrawn.methods.transport import convex_gradient as cg
from redrawn.methods.transport import monge_gap as mg
from redrawn.methods.transport import particle_descent as descent
from redrawn.methods.transport import porous_medium as pm
from redrawn.methods.transport import sinkhorn
from redrawn.methods.transport import wasserstein_flow as wf
from redrawn.methods.transport.sinkhorn import (
    LOG_SWEEP,
    PLAN,
    SWEEP,
    Problem,
    Sinkhorn,
    log_sweep,
)
from redrawn.methods.transport.sparse_newton import (
    DAMPING,
    SELECTION,
    SUMS,
    direction,
    largest_entries,
    newton_step,
)
from redrawn.methods.transport.sparse_plan import project_top_k, semi_dual, sparse_transport

RNG = np.random.default_rng(0)


def problem(n=30, eta=100.0):
    r, c = RNG.random((2, n)) + 0.5
    return Problem(RNG.random((n, n)), r / r.sum(), c / c.sum(), eta)


# Sinkhorn and sparse Newton


def test_scaled_sweeps_are_those_in_logarithms():
    p = problem(eta=2000.0)
    x, y = np.zeros(30), np.zeros(30)
    for _ in range(40):
        x, y = log_sweep(p, x, y)
    np.testing.assert_allclose(p.plan(*Sinkhorn(p).run(39).potentials()), p.plan(x, y), atol=1e-12)


def test_sinkhorn_agrees_with_pot():
    p = problem()
    found = p.plan(*Sinkhorn(p).run(3000).potentials())
    other = ot.sinkhorn(p.r, p.c, p.cost, 1 / p.eta, "sinkhorn_log", 20_000, 1e-13)
    np.testing.assert_allclose(found, other, atol=1e-9)


def test_newton_arrives_where_sinkhorn_does_and_at_the_assignment():
    n = 60
    mass = np.full(n, 1 / n)
    p = Problem(RNG.random((n, n)), mass, mass, 400.0)
    x, y = Sinkhorn(p).run(15).potentials()
    values = []
    for _ in range(40):
        step = newton_step(p, x, y, 6 * n)
        x, y = step.x, step.y
        values.append(step.value)
        if step.marginal_error < 1e-12:
            break
    assert step.marginal_error < 1e-12
    assert (np.diff(values) > -1e-14).all()
    slow = p.plan(*Sinkhorn(p).run(40_000).potentials())
    np.testing.assert_allclose(p.plan(x, y), slow, atol=1e-6)
    best = p.cost[linear_sum_assignment(p.cost)].mean()
    assert best <= (p.plan(x, y) * p.cost).sum() + 1e-12 <= best + np.log(n) / p.eta


def test_a_step_backtracks_where_the_whole_one_would_descend():
    p = problem(eta=300.0)
    x, y = Sinkhorn(p).potentials()
    plan = p.plan(x, y)
    start, row, column = p.potential(x, y, plan), plan.sum(1), plan.sum(0)
    gradient = np.concatenate([p.r - row, p.c - column])
    dx, dy = np.split(
        direction(largest_entries(plan, 90), row, column, gradient, 300)[0] / p.eta, 2
    )
    assert p.potential(x + dx, y + dy, p.plan(x + dx, y + dy)) < start
    assert newton_step(p, x, y, 90).value > start


def test_dense_newton_is_quadratic():
    p = problem()
    x, y = Sinkhorn(p).run(100).potentials()
    errors = []
    for _ in range(3):
        step = newton_step(p, x, y, p.cost.size)
        x, y = step.x, step.y
        errors.append(step.marginal_error)
    assert errors[1] < 50 * errors[0] ** 2 + 1e-13


def test_potential_has_the_gradient_of_its_marginals():
    p = problem(8, 10.0)

    def value(v):
        return p.potential(v[:8], v[8:], p.plan(v[:8], v[8:]))

    def gradient(v):
        plan = p.plan(v[:8], v[8:])
        return np.concatenate([p.r - plan.sum(1), p.c - plan.sum(0)])

    assert check_grad(value, gradient, 0.1 * RNG.normal(size=16)) < 1e-5


def test_largest_entries():
    plan = RNG.random((5, 7))
    kept = largest_entries(plan, 9).toarray()
    np.testing.assert_allclose(np.sort(kept[kept > 0]), np.sort(plan, axis=None)[-9:])
    plan[2, 3] = 1e-30  # too small to be kept, however many may be
    assert largest_entries(plan, 35).nnz == 34
    with pytest.raises(ValueError, match="at least one"):
        largest_entries(plan, 0)


def test_a_direction_solves_the_damped_sparse_system():
    p = problem(12, 20.0)
    x, y = Sinkhorn(p).run(2).potentials()
    plan = p.plan(x, y)
    row, column = plan.sum(1), plan.sum(0)
    gradient = np.concatenate([p.r - row, p.c - column])
    kept = largest_entries(plan, 50)
    move, iterations = direction(kept, row, column, gradient, 300)
    longer = 1 + DAMPING * np.abs(gradient).sum()
    dense = kept.toarray()
    hessian = np.block([[np.diag(longer * row), dense], [dense.T, np.diag(longer * column)]])
    exact = np.linalg.solve(hessian, gradient)
    assert 0 < iterations <= 12 + 5
    # but for the multiple of (1, -1) that is taken off
    np.testing.assert_allclose(move[:12] - move[0], exact[:12] - exact[0], atol=1e-6)
    assert row @ move[:12] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(
        move[12:], (gradient[12:] - dense.T @ move[:12]) / (longer * column), atol=1e-12
    )


def test_a_step_counts_its_operations_and_may_be_given_its_plan():
    p = problem(20)
    x, y = Sinkhorn(p).run(60).potentials()
    without = newton_step(p, x, y, 60)
    given = newton_step(p, x, y, 60, plan=p.plan(x, y))
    np.testing.assert_array_equal(without.x, given.x)
    assert without.operations - given.operations == PLAN * 400
    # one evaluation: sums, selection, plan and its sum; and the iterations
    inner = (given.cg_iterations + 1) * (4 * 60 + 14 * 20)
    assert given.operations == (SUMS + SELECTION + PLAN + 1) * 400 + inner
    np.testing.assert_allclose(given.plan, p.plan(given.x, given.y))


def test_newton_arrives_where_mass_must_cross_between_points_cut_off():
    # two far clusters whose masses differ: Newton's undamped direction is endless
    line = np.concatenate([np.linspace(0, 0.05, 10), np.linspace(0.95, 1, 10)])
    r, c = np.ones(20), np.ones(20)
    r[:10] += 0.2
    c[10:] += 0.2
    p = Problem(np.abs(line[:, None] - line), r / r.sum(), c / c.sum(), 200.0)
    x, y = Sinkhorn(p).run(30).potentials()
    values = []
    for _ in range(60):
        step = newton_step(p, x, y, 200)
        x, y = step.x, step.y
        values.append(step.value)
    assert step.marginal_error < 1e-9
    assert (np.diff(values) > -1e-14).all()
    exact = ot.emd2(p.r, p.c, p.cost)
    assert exact <= (step.plan * p.cost).sum() <= exact + np.log(20) / p.eta


def test_sinkhorn_counts_sweeps_and_operations(monkeypatch):
    p = problem()
    found = Sinkhorn(p).run(9)
    assert found.sweeps == 10
    assert found.operations == (LOG_SWEEP + PLAN + 9 * SWEEP) * 900
    monkeypatch.setattr(sinkhorn, "ABSORB", 0.0)  # every sweep is tried, and made in logarithms
    slow = Sinkhorn(p).run(9)
    assert slow.sweeps == 10
    assert slow.operations == (10 * (LOG_SWEEP + PLAN) + 9 * SWEEP) * 900
    np.testing.assert_allclose(p.plan(*slow.potentials()), p.plan(*found.potentials()), atol=1e-12)


def test_exact_cost_is_that_of_the_best_assignment():
    x, y = torch.randn(2, 2, 25, 2, generator=torch.manual_seed(6))
    for cost in (mg.squared_distance, mg.distance):
        matrices = mg.pairwise(cost, x, y).double().numpy()
        best = [m[linear_sum_assignment(m)].mean() for m in matrices]
        np.testing.assert_allclose(mg.exact_cost(cost, x, y), best, rtol=1e-6)


def test_problems_are_checked():
    half = np.full(2, 0.5)
    for cost, r, c, eta in (
        (np.zeros((2, 3)), half, half, 1.0),
        (np.zeros((2, 2)), half, half, 0.0),
        (np.zeros((2, 2)), half, 2 * half, 1.0),
    ):
        with pytest.raises(ValueError, match=r"positive|shape|mass"):
            Problem(cost, r, c, eta)


# sparse plans


@pytest.mark.parametrize("k", [1, 2, 5])
def test_projection_is_the_best_of_all_supports(k):
    scores, mass = RNG.normal(size=(5, 1)), np.array([0.7])
    found = project_top_k(scores, mass, k)[:, 0]
    assert found.sum() == pytest.approx(0.7) and (found >= 0).all() and (found > 0).sum() <= k
    best = np.inf
    for support in itertools.combinations(range(5), k):
        t = np.zeros((5, 1))
        t[list(support)] = project_top_k(scores[list(support)], mass, k)
        best = min(best, ((t - scores) ** 2).sum())
    assert ((found - scores[:, 0]) ** 2).sum() == pytest.approx(best)


def test_semi_dual_gradient_and_quadratic_limit():
    a, b = (v / v.sum() for v in RNG.random((2, 6)))
    cost = RNG.random((6, 6))
    start = RNG.normal(size=6)
    error = check_grad(
        lambda v: semi_dual(v, a, b, cost, 1.0, 3)[0],
        lambda v: semi_dual(v, a, b, cost, 1.0, 3)[1],
        start,
    )
    assert error < 1e-5
    plan = cvxpy.Variable((6, 6), nonneg=True)
    goal = cvxpy.sum(cvxpy.multiply(plan, cost)) + cvxpy.sum_squares(plan) / 2
    constraints = [cvxpy.sum(plan, 1) == a, cvxpy.sum(plan, 0) == b]
    exact = cvxpy.Problem(cvxpy.Minimize(goal), constraints).solve()
    assert sparse_transport(a, b, cost, 6)[0] == pytest.approx(exact, rel=1e-4)
    for k in (0, 7):
        with pytest.raises(ValueError, match="between"):
            sparse_transport(a, b, cost, k)
    with pytest.raises(ValueError, match="positive"):
        sparse_transport(a, b, cost, 2, gamma=0.0)


# Monge gap


def test_entropic_plan_agrees_with_pot():
    x, y = torch.randn(2, 1, 20, 2, dtype=torch.float64, generator=torch.manual_seed(0))
    cost = mg.pairwise(mg.squared_distance, x, y)
    found = mg.entropic_plan(cost, 0.2, 2000)[0].numpy()
    uniform = np.full(20, 1 / 20)
    other = ot.sinkhorn(uniform, uniform, cost[0].numpy(), 0.2 * cost.mean().item(), stopThr=1e-12)
    np.testing.assert_allclose(found, other, atol=1e-8)
    with pytest.raises(ValueError, match="positive"):
        mg.entropic_plan(cost, 0.0, 1)


def test_gap_of_rotations_and_of_convex_gradients():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    assert mg.gaussian_gap(turn) == pytest.approx(4.0)
    root = torch.tensor([[2.0, 0.3], [0.3, 1.0]])
    assert mg.gaussian_gap(root) == pytest.approx(0.0, abs=1e-5)
    x = torch.randn(2, 60, 2, generator=torch.manual_seed(1))
    for cost in (mg.squared_distance, mg.distance):
        assert (mg.exact_monge_gap(cost, x, x @ turn.T) > 0).all()
        entropic = mg.monge_gap(cost, x, x @ turn.T, 0.01, 500)
        exact = torch.tensor(mg.exact_monge_gap(cost, x, x @ turn.T))
        torch.testing.assert_close(entropic.double(), exact, rtol=0.1, atol=0.02)
    assert (np.abs(mg.exact_monge_gap(mg.squared_distance, x, x @ root)) < 1e-6).all()


def test_sinkhorn_divergence_of_a_shift():
    x = torch.randn(1, 50, 2, generator=torch.manual_seed(2))
    assert mg.sinkhorn_divergence(x, x, 0.1, 200).item() == pytest.approx(0, abs=1e-5)
    moved = mg.sinkhorn_divergence(x, x + torch.tensor([3.0, 0.0]), 0.05, 500)
    assert moved.item() == pytest.approx(9.0, rel=0.05)


# input convex gradient networks


def test_closed_form_is_the_integral():
    g = torch.Generator().manual_seed(3)
    w, b = (torch.randn(s, generator=g, dtype=torch.float64) for s in ((1, 4, 2), (1, 1, 4)))
    x = torch.rand((6, 2), generator=g, dtype=torch.float64)
    found = cg.icgn((w, b, torch.zeros(1, 1, 2)), x[None])[0]

    def inner(z):
        return (z @ w[0].T + b[0, 0]).sigmoid()

    torch.testing.assert_close(cg.integrated_gram(inner, x, 24), found, rtol=1e-8, atol=1e-8)
    with pytest.raises(ValueError, match="point"):
        cg.integrated_gram(inner, x, 0)
    asymmetry, smallest = cg.jacobian_defects(lambda p: cg.integrated_gram(inner, p, 24), x)
    assert asymmetry < 1e-10 and smallest > -1e-10
    s, _ = quad(lambda t: float(inner(t * x[:1])[0, 0]), 0, 1)  # the quadrature's own oracle
    nodes, weights = np.polynomial.legendre.leggauss(24)
    mine = sum(v / 2 * float(inner((t + 1) / 2 * x[:1])[0, 0]) for t, v in zip(nodes, weights, strict=True))  # fmt: skip
    assert s == pytest.approx(mine)


def test_convex_network_gradient_is_one():
    g = torch.Generator().manual_seed(4)
    w, b, c, a = (torch.randn(s, generator=g, dtype=torch.float64) for s in ((1, 4, 2), (1, 1, 4), (1, 1, 2), (1, 1, 4)))  # fmt: skip
    x = torch.rand((1, 6, 2), generator=g, dtype=torch.float64, requires_grad=True)
    softplus = torch.nn.functional.softplus
    potential = (softplus(x @ w.mT + b) * softplus(a)).sum() + (x * c).sum()
    (slope,) = torch.autograd.grad(potential, x)
    torch.testing.assert_close(slope, cg.icnn_gradient((w, b, c), a, x))


# Wasserstein flows


def test_kl_bound_is_tight_at_the_density_ratio():
    g = torch.Generator().manual_seed(5)
    deviation, mean = 0.8, 0.3
    z = mean + deviation * torch.randn((1, 200_000, 1), generator=g)
    reference = torch.randn((1, 200_000, 1), generator=g)
    precision = 1 / deviation**2
    constant = -np.log(deviation) - mean**2 * precision / 2
    h = (torch.tensor([[[1 - precision]]]), torch.tensor([[mean * precision]]), torch.tensor([constant], dtype=torch.float32))  # fmt: skip
    exact = wf.gaussian_kl(
        torch.tensor([mean]), torch.tensor([[deviation**2]]), torch.zeros(1), torch.eye(1)
    )
    zero = torch.zeros(1, 200_000)  # Γ = Q
    tight = wf.kl_bound(h, z, reference, zero)
    assert tight.item() == pytest.approx(exact.item(), abs=0.01)
    worse = (h[0], h[1] + 0.2, h[2])
    assert wf.kl_bound(worse, z, reference, zero) < tight


def test_ornstein_uhlenbeck_starts_and_ends_where_it_should():
    mean, spectrum = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.9])
    m, s = wf.ornstein_uhlenbeck(mean, spectrum, 0.0)
    assert m.abs().max() == 0 and (s == 1).all()
    m, s = wf.ornstein_uhlenbeck(mean, spectrum, 50.0)
    torch.testing.assert_close((m, s), (mean, spectrum))
    # on the way: dm/dt = (mean - m)/spectrum and ds/dt = 2 - 2s/spectrum
    mean, spectrum, h = mean.double(), spectrum.double(), 1e-5
    (m, s), (later, wider) = (wf.ornstein_uhlenbeck(mean, spectrum, t) for t in (0.4, 0.4 + h))
    torch.testing.assert_close((later - m) / h, (mean - m) / spectrum, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close((wider - s) / h, 2 - 2 * s / spectrum, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("d", [1, 3])
def test_barenblatt_has_its_mass_and_solves_its_equation(d):
    radius = pm.barenblatt_radius(1e-3, 1.0, d)
    assert radius == pytest.approx({1: 0.208, 3: 0.4125}[d], abs=5e-4)
    # the free boundary moves by the velocity -2 ∂p/∂r at the rim, with p = p₀(1 - r²/R²)
    step = 1e-8
    speed = (pm.barenblatt_radius(1e-3 + step, 1.0, d) - radius) / step
    ball = {1: 2.0, 3: 4 * np.pi / 3}[d]
    peak = (d + 2) / (2 * ball * radius**d)
    assert speed == pytest.approx(4 * peak / radius, rel=1e-4)


def normal(*shapes):
    g = torch.Generator().manual_seed(7)
    return [torch.randn(s, generator=g, dtype=torch.float64, requires_grad=True) for s in shapes]


def test_slopes_of_the_divergence_are_those_of_autograd():
    *h, z, reference = normal((2, 3, 3), (2, 3), (2,), (2, 9, 3), (2, 7, 3))
    exact = torch.autograd.grad(wf.kl_bound(h, z, reference).sum(), h)
    # that of a symmetric matrix is symmetric already: z zᵀ/2
    torch.testing.assert_close(wf.kl_slope(h, z, reference), exact)
    bend, shift, half = normal((2, 3, 3), (2, 3), (2, 3, 3))
    inertia = half @ half.mT
    move = z @ bend.mT + shift[:, None]
    cost = ((move @ inertia) * move).sum(-1) / 2 + wf.log_h(h, z + move)
    exact = torch.autograd.grad(cost.mean(1).sum(), (bend, shift))
    torch.testing.assert_close(wf.affine_slope(bend, shift, inertia, h, z), exact)


def test_slopes_of_the_entropy_are_those_of_autograd():
    h = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([1.0, 0.8], [0.9, 1.1])]
    squares, reference = (v.detach().square() for v in normal((2, 9), (2, 7)))
    growth = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    bound = pm.entropy_bound(h, squares * growth.exp()[:, None], reference, 0.7)
    *exact, push = torch.autograd.grad(bound.sum(), (*h, growth))
    torch.testing.assert_close(pm.entropy_slope(h, squares, reference, 0.7), tuple(exact))
    torch.testing.assert_close(pm.entropy_push(h, squares, 0.7), push)


def test_alternating_finds_a_saddle():
    x, y = torch.ones(3), torch.ones(3)
    # of x² + 2xy - y² - 2y
    wf.alternate([x], [y], lambda: [2 * (x + y)], lambda: [2 * (x - y - 1)], 400, 0.05)
    torch.testing.assert_close(x, torch.full((3,), 0.5), atol=0.02, rtol=0)
    torch.testing.assert_close(y, torch.full((3,), -0.5), atol=0.02, rtol=0)
    with pytest.raises(ValueError, match="step"):
        wf.alternate([x], [y], tuple, tuple, 0, 0.1)


# particles


def test_energy_distances_agree_with_scipy():
    w, target = RNG.normal(size=(1, 12)), RNG.normal(size=(1, 9))
    value, _ = descent.energy_to_sample(w, target)
    assert value[0] == pytest.approx(stats.energy_distance(w[0], target[0]) ** 2)
    fine = (np.arange(20_000) + 0.5) / 20_000
    value, _ = descent.energy_to_uniform(w)
    assert value[0] == pytest.approx(stats.energy_distance(w[0], fine) ** 2, rel=1e-6)


TARGET = RNG.normal(size=(1, 9))


@pytest.mark.parametrize(
    "functional",
    [
        descent.energy_to_uniform,
        lambda w: descent.energy_to_sample(w, TARGET),
        lambda w: descent.kernel_discrepancy(w, TARGET, 0.5),
        lambda w: descent.quadratic_with_attraction(w, 0.3),
    ],
)
def test_scaled_gradients(functional):
    w = RNG.normal(size=(1, 7))
    _, gradient = functional(w)
    for i in range(7):
        up, down = w.copy(), w.copy()
        up[0, i] += 1e-6
        down[0, i] -= 1e-6
        difference = (functional(up)[0] - functional(down)[0]) / 2e-6
        assert 7 * difference[0] == pytest.approx(gradient[0, i], abs=1e-5)


def test_energy_is_displacement_convex():
    x, y = np.sort(RNG.normal(size=(2, 1, 40)))
    ends = [descent.energy_to_uniform(w)[0][0] for w in (x, y)]
    for t in (0.2, 0.5, 0.9):
        between = descent.energy_to_uniform((1 - t) * x + t * y)[0][0]
        assert between <= (1 - t) * ends[0] + t * ends[1] + 1e-12


def test_evenly_spread_particles_have_the_least_energy():
    even = (np.arange(10)[None] + 0.5) / 10
    value, gradient = descent.energy_to_uniform(even)
    assert value[0] == pytest.approx(1 / 600)
    assert np.abs(gradient).max() < 1e-12
    with pytest.raises(ValueError, match="step"):
        descent.particle_descent(descent.energy_to_uniform, even, 0, lambda k: 1.0)
    values, after = descent.particle_descent(descent.energy_to_uniform, even, 1, lambda k: 0.5)
    value, slope = descent.energy_to_uniform(even)
    np.testing.assert_array_equal(values, value[None])
    np.testing.assert_allclose(after, even - 0.5 * slope)
