"""Products, Lanczos, quadrature and traces, against dense Hessians and SciPy."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse.linalg
import torch

from redrawn.methods import curvature


@pytest.fixture
def source():
    return torch.Generator().manual_seed(5)


@pytest.fixture
def net(source):
    """Return the loss of a small network on fixed data, its parameters as a dict, and its dense Hessian."""
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)
    ).double()
    parameters = {
        k: 0.7 * torch.randn(p.shape, generator=source, dtype=torch.float64)
        for k, p in module.named_parameters()
    }
    x = torch.randn((20, 3), generator=source, dtype=torch.float64)
    y = torch.randint(3, (20,), generator=source)

    def loss(p):
        return torch.nn.functional.cross_entropy(torch.func.functional_call(module, p, x), y)

    flat, restore = curvature.flatten(parameters)
    return loss, parameters, torch.func.hessian(lambda v: loss(restore(v)))(flat)


def symmetric(n, source):
    a = torch.randn((n, n), generator=source, dtype=torch.float64)
    return (a + a.T) / 2


def by(matrix):
    return lambda rows: rows @ matrix


def test_products_are_the_dense_hessians(net, source):
    loss, parameters, dense = net
    operator = curvature.hessian_operator(loss, parameters, chunk=4)
    n = len(dense)
    torch.testing.assert_close(operator(torch.eye(n, dtype=torch.float64)), dense)
    flat, restore = curvature.flatten(parameters)
    v = torch.randn(n, generator=source, dtype=torch.float64)
    torch.testing.assert_close(operator(v), dense @ v)
    as_vector = curvature.hessian_vector_product(lambda w: loss(restore(w)), flat, v)
    torch.testing.assert_close(as_vector, dense @ v)
    as_dict = curvature.hessian_vector_product(loss, parameters, restore(v))
    assert {k: p.shape for k, p in as_dict.items()} == {k: p.shape for k, p in parameters.items()}
    torch.testing.assert_close(curvature.flatten(as_dict)[0], dense @ v)


def test_product_is_the_difference_of_gradients(net, source):
    loss, parameters, _ = net
    flat, restore = curvature.flatten(parameters)
    v = torch.randn(len(flat), generator=source, dtype=torch.float64)
    slope = torch.func.grad(lambda w: loss(restore(w)))
    near = (slope(flat + 1e-5 * v) - slope(flat - 1e-5 * v)) / 2e-5
    found = curvature.hessian_operator(loss, parameters)(v)
    torch.testing.assert_close(found, near, rtol=1e-7, atol=1e-8)


def test_an_ensemble_has_each_networks_own_product(source):
    w = torch.randn((3, 5), generator=source, dtype=torch.float64)
    v = torch.randn((3, 5), generator=source, dtype=torch.float64)

    def each(w):
        return w.prod(-1) + w.square().sum(-1).square()

    found = curvature.hessian_vector_product(lambda p: each(p).sum(), w, v)
    for i in range(3):
        torch.testing.assert_close(found[i], torch.func.hessian(each)(w[i]) @ v[i])


def test_forms_that_differ_are_refused(net):
    loss, parameters, _ = net
    with pytest.raises(ValueError, match="but vector"):
        curvature.hessian_vector_product(loss, parameters, dict(list(parameters.items())[:-1]))


def test_flatten_is_undone(net):
    _, parameters, _ = net
    flat, restore = curvature.flatten(parameters)
    for name, p in restore(flat).items():
        assert torch.equal(p, parameters[name])
    square = flat[:4].reshape(2, 2)
    assert torch.equal(curvature.flatten(square)[1](curvature.flatten(square)[0]), square)


def test_lanczos_is_an_orthonormal_tridiagonal_form(source):
    a = symmetric(12, source)
    start = torch.randn(12, generator=source, dtype=torch.float64)
    for steps in (1, 5, 12):
        found = curvature.lanczos(by(a), start, steps)
        q = found.basis
        t = found.diagonal.diag() + found.off_diagonal.diag(1) + found.off_diagonal.diag(-1)
        torch.testing.assert_close(q @ q.T, torch.eye(steps, dtype=torch.float64))
        torch.testing.assert_close(q @ a @ q.T, t, atol=1e-12, rtol=0)
        torch.testing.assert_close(q[0], start / start.norm())
        rest = a @ q[-1] - q.T @ (q @ a @ q[-1])
        torch.testing.assert_close(found.remainder, rest.norm(), atol=1e-10, rtol=1e-6)


def test_the_basis_is_orthonormal_to_rounding_where_eigenvalues_span_twelve_decades(source):
    draw = torch.randn(60, 60, generator=source, dtype=torch.float64)
    q, _ = torch.linalg.qr(draw)
    a = q @ torch.logspace(-12, 0, 60, dtype=torch.float64).diag() @ q.T
    basis = curvature.lanczos(by(a), draw[0], 40).basis
    # projected off once, it would be off by 1e-8
    assert (basis @ basis.T - torch.eye(40)).abs().max() < 1e-14


def test_all_steps_give_all_eigenpairs(net, source):
    loss, parameters, dense = net
    start = torch.randn(len(dense), generator=source, dtype=torch.float64)
    operator = curvature.hessian_operator(loss, parameters)
    found = curvature.ritz(curvature.lanczos(operator, start, len(dense)))
    torch.testing.assert_close(found.values, torch.linalg.eigvalsh(dense), atol=1e-10, rtol=1e-10)
    torch.testing.assert_close(
        found.vectors @ dense, found.values[:, None] * found.vectors, atol=1e-9, rtol=0
    )
    assert found.weights.sum().item() == pytest.approx(1, abs=1e-12)


def test_extremal_values_agree_with_scipy(source):
    a = symmetric(200, source)
    start = torch.randn(200, generator=source, dtype=torch.float64)
    found = curvature.ritz(curvature.lanczos(by(a), start, 80))
    for which, place in (("LA", -1), ("SA", 0)):
        value, vector = scipy.sparse.linalg.eigsh(a.numpy(), k=1, which=which)
        assert found.values[place].item() == pytest.approx(value[0], rel=1e-9)
        assert abs(found.vectors[place].numpy() @ vector[:, 0]) == pytest.approx(1, abs=1e-5)


def test_residuals_are_true_and_bound_the_error(source):
    a = symmetric(60, source)
    exact = torch.linalg.eigvalsh(a)
    found = curvature.ritz(
        curvature.lanczos(by(a), torch.randn(60, generator=source, dtype=torch.float64), 15)
    )
    misfit = (found.vectors @ a - found.values[:, None] * found.vectors).norm(dim=1)
    torch.testing.assert_close(found.residuals, misfit, atol=1e-10, rtol=1e-8)
    assert ((found.values[:, None] - exact).abs().amin(1) <= found.residuals + 1e-12).all()
    assert exact[0] <= found.values[0] and found.values[-1] <= exact[-1]


def test_many_operators_run_side_by_side(source):
    many = torch.stack([symmetric(9, source) for _ in range(3)])
    start = torch.randn((3, 9), generator=source, dtype=torch.float64)
    together = curvature.ritz(curvature.lanczos(lambda v: (many @ v[..., None])[..., 0], start, 6))
    for i in range(3):
        alone = curvature.ritz(curvature.lanczos(by(many[i]), start[i], 6))
        torch.testing.assert_close(together.values[i], alone.values)
        torch.testing.assert_close(together.residuals[i], alone.residuals)


def test_an_invariant_space_is_left_and_weighs_nothing(source):
    a = torch.diag(torch.tensor([-1.0, -2, -3, -4, -5, -5]).double())
    start = torch.tensor([1.0, 1, 0, 0, 0, 0]).double()
    found = curvature.ritz(curvature.lanczos(by(a), start, 5))
    torch.testing.assert_close(found.values, torch.tensor([-5.0, -4, -3, -2, -1]).double())
    torch.testing.assert_close(found.weights, torch.tensor([0.0, 0, 0, 0.5, 0.5]).double())
    assert found.residuals.max() < 1e-10


@pytest.mark.parametrize("steps", [0, 7])
def test_impossible_steps_are_refused(source, steps):
    with pytest.raises(ValueError, match="between 1 and 6"):
        curvature.lanczos(by(symmetric(6, source)), torch.ones(6).double(), steps)
    with pytest.raises(ValueError, match="zero"):
        curvature.lanczos(by(symmetric(6, source)), torch.zeros(6).double(), 2)


def test_quadrature_is_exact_to_degree_2k_minus_1(source):
    a = symmetric(10, source)
    probe = torch.randn((1, 10), generator=source, dtype=torch.float64)
    nodes, weights = curvature.lanczos_quadrature(by(a), probe, 3)
    q = probe[0] / probe.norm()
    for power in range(7):
        exact = q @ torch.linalg.matrix_power(a, power) @ q
        off = ((nodes**power * weights).sum() - exact).abs().item()
        assert off < 1e-10 if power < 6 else off > 1e-3


def test_quadrature_gives_traces_of_functions(source):
    a = symmetric(30, source) / 5
    probes = curvature.rademacher(4000, 30, source)
    nodes, weights = curvature.lanczos_quadrature(by(a), probes, 12)
    estimate = 30 * (nodes.exp() * weights).sum(1)
    exact = np.trace(scipy.linalg.expm(a.numpy()))
    assert abs(estimate.mean().item() - exact) < 4 * estimate.std().item() / 4000**0.5


def test_density_integrates_to_one_and_follows_the_eigenvalues(source):
    a = symmetric(40, source)
    nodes, weights = curvature.lanczos_quadrature(by(a), curvature.rademacher(500, 40, source), 40)
    grid = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    density = curvature.spectral_density(nodes, weights, grid, 0.5)
    assert torch.trapezoid(density, grid).item() == pytest.approx(1, abs=1e-9)
    exact = (
        torch.distributions.Normal(torch.linalg.eigvalsh(a), 0.5)
        .log_prob(grid[:, None])
        .exp()
        .mean(1)
    )
    assert (density - exact).abs().max() < 0.12 * exact.max()
    with pytest.raises(ValueError, match="positive"):
        curvature.spectral_density(nodes, weights, grid, 0)


def test_hutchinson_over_all_signs_is_the_trace_and_its_variance(source):
    a = symmetric(6, source)
    signs = torch.tensor(list(itertools.product([-1.0, 1], repeat=6))).double()
    each = curvature.hutchinson(by(a), signs)
    assert each.mean().item() == pytest.approx(a.trace().item(), abs=1e-12)
    off = a - a.diag().diag()
    assert each.var(correction=0).item() == pytest.approx(2 * off.square().sum().item())


def test_signs_are_signs(source):
    drawn = curvature.rademacher(50, 40, source)
    assert set(drawn.unique().tolist()) == {-1.0, 1.0} and abs(drawn.mean().item()) < 0.1
    assert drawn.dtype == torch.float64 and drawn.shape == (50, 40)


def test_hutchpp_is_exact_for_a_low_rank(source):
    half = torch.randn((50, 4), generator=source, dtype=torch.float64)
    a = half @ torch.diag(torch.tensor([3.0, -1, 2, 0.5]).double()) @ half.T
    sketch, probes = curvature.rademacher(4, 50, source), curvature.rademacher(2, 50, source)
    found = curvature.hutchpp(by(a), sketch, probes)
    assert found.item() == pytest.approx(a.trace().item(), rel=1e-10)
    with pytest.raises(ValueError, match="sketch"):
        curvature.hutchpp(by(a), curvature.rademacher(50, 50, source), probes)


def test_hutchpp_is_unbiased_and_beats_hutchinson_on_a_decaying_spectrum(source):
    q = torch.linalg.qr(torch.randn((80, 80), generator=source, dtype=torch.float64)).Q
    a = q @ torch.diag(1 / torch.arange(1, 81).double() ** 2) @ q.T
    exact, plus, plain = a.trace().item(), [], []
    for _ in range(400):
        draw = [curvature.rademacher(k, 80, source) for k in (6, 6, 18)]
        plus.append(curvature.hutchpp(by(a), *draw[:2]).item())
        plain.append(curvature.hutchinson(by(a), draw[2]).mean().item())
    assert abs(np.mean(plus) - exact) < 4 * np.std(plus) / 20
    assert np.std(plus) < np.std(plain) / 4
