"""The networks' derivatives, residuals, and the optimiser: against autograd and known solutions."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import rosen

from redrawn.methods import physics


@pytest.fixture
def source():
    return torch.Generator().manual_seed(5)


def network(widths, source):
    found = physics.glorot(widths, source)
    with torch.no_grad():
        for p in found:
            p += 0.3 * torch.randn(p.shape, generator=source, dtype=torch.float64)
    return found


def nested(values, x):
    """Value, first derivatives and the second along the first coordinate, by autograd twice: (outputs, jets, n)."""
    parts = []
    for u in values(x):
        (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(slope[:, 0].sum(), x, create_graph=True)
        parts.append(torch.stack([u, *slope.T, second[:, 0]]))
    return torch.stack(parts)


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_jet_is_nested_autograd_with_its_gradients(source, depth, inputs):
    weights = network([inputs, *[5] * (depth - 1), 2], source)
    low, high = [-1.0, 0.0, 2.0][:inputs], [1.5, 2.0, 3.0][:inputs]
    x = torch.rand(6, inputs, generator=source, dtype=torch.float64).requires_grad_()
    ends = torch.tensor(low).double(), torch.tensor(high).double()

    def values(at):
        return physics.tanh_values(weights, (2 * (at - ends[0]) / (ends[1] - ends[0]) - 1).T)

    found = physics.tanh_jet(weights, physics.coordinates(x.detach(), low, high))
    expected = nested(values, x)
    torch.testing.assert_close(found, expected)
    mix = torch.randn(found.shape, generator=source, dtype=torch.float64)
    ours = torch.autograd.grad((mix * found**2).sum(), weights)
    theirs = torch.autograd.grad((mix * expected**2).sum(), weights, allow_unused=True)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_jet_differentiates_features_too(source):
    weights = network([3, 4, 1], source)
    x, t = torch.rand(2, 5, generator=source, dtype=torch.float64)
    jet = physics.circle_jet(x, t).requires_grad_()
    assert torch.autograd.gradcheck(lambda j: physics.tanh_jet(weights, j), jet)
    at = torch.stack([x, t], 1).requires_grad_()

    def values(p):
        return physics.tanh_values(
            weights, torch.stack([torch.cos(p[:, 0]), torch.sin(p[:, 0]), p[:, 1]])
        )

    torch.testing.assert_close(physics.tanh_jet(weights, jet), nested(values, at))


def test_jet_refuses_other_shapes(source):
    with pytest.raises(ValueError, match="jet"):
        physics.tanh_jet(network([2, 3, 1], source), torch.zeros(3, 4, 5).double())


def test_glorot_is_cut_at_two_deviations(source):
    weight, bias = physics.glorot([300, 500], source)
    deviation = (2 / 800) ** 0.5
    assert weight.abs().max() <= 2 * deviation and not bias.any()
    assert abs(weight.std().item() / deviation - 0.8796) < 0.01  # of the normal cut at ±2


def test_lbfgs_finds_the_minimum_of_parts():
    a, b = (torch.tensor(v).double().requires_grad_() for v in (-1.2, 1.0))

    def loss():
        yield 100 * (b - a**2) ** 2
        yield (1 - a) ** 2

    history = physics.lbfgs([a, b], loss, 200)
    assert abs(a.item() - 1) < 1e-6 and abs(b.item() - 1) < 1e-6
    assert history[-1] < 1e-12 and history[0] < rosen(np.array([-1.2, 1.0]))


def jet_of(function, x, t):
    """The jet of a closed form (x, t) → u."""
    at = torch.stack([x, t], 1).requires_grad_()
    return nested(lambda p: [function(p[:, 0], p[:, 1])], at)


def test_burgers_residual_vanishes_on_a_travelling_shock_and_not_elsewhere():
    x, t = torch.linspace(-1, 1, 9).double(), torch.linspace(0, 1, 9).double()
    nu, c = 0.1, 0.4

    def front(p, q):
        return c - 0.6 * torch.tanh(0.6 * (p - c * q) / (2 * nu))

    assert physics.burgers_residual(jet_of(front, x, t), nu).abs().max() < 1e-12
    for wrong in (0.09, 0.11):
        assert physics.burgers_residual(jet_of(front, x, t), wrong).abs().max() > 0.01


def test_schrodinger_residual_vanishes_on_a_moving_soliton():
    x, t = torch.linspace(-2, 2, 9).double(), torch.linspace(0, 1, 9).double()
    a, v = 1.3, 0.7

    def wave(kind):
        def part(p, q):
            phase = v * p + (a**2 - v**2) / 2 * q
            return a / torch.cosh(a * (p - v * q)) * (torch.cos if kind == 0 else torch.sin)(phase)

        return part

    jet = torch.cat([jet_of(wave(k), x, t) for k in (0, 1)])
    assert physics.schrodinger_residual(jet).abs().max() < 1e-12
    assert physics.schrodinger_residual(2 * jet).abs().max() > 0.1


def test_cole_hopf_is_the_method_of_lines():
    nu, n = 0.05, 400
    x = np.linspace(-1, 1, n + 1)
    h = x[1] - x[0]

    def rate(_, u):
        full = np.concatenate([[0], u, [0]])
        flux = full**2 / 2
        return -(flux[2:] - flux[:-2]) / (2 * h) + nu * np.diff(full, 2) / h**2

    times = np.array([0.0, 0.3, 0.8])
    start = -np.sin(np.pi * x[1:-1])
    found = solve_ivp(
        rate, (0, 0.8), start, "LSODA", times, rtol=1e-8, atol=1e-10, lband=1, uband=1
    )
    exact = physics.cole_hopf(x, times, nu)
    np.testing.assert_allclose(exact[:, 1:-1], found.y.T, atol=2e-3)
    np.testing.assert_allclose(exact[0], -np.sin(np.pi * x), atol=1e-12)
    sharp = physics.cole_hopf(x, np.array([0.5]), 0.01 / np.pi)  # f alone would overflow
    assert np.isfinite(sharp).all() and np.abs(sharp + sharp[:, ::-1]).max() < 1e-9
    with pytest.raises(ValueError, match="viscosity"):
        physics.cole_hopf(x, times, 0.0)


@pytest.mark.parametrize("q", [1, 2, 3, 32, 100])
def test_gauss_legendre_conditions_and_order(q):
    a, b, c = physics.gauss_legendre(q)
    np.testing.assert_allclose(a.sum(1), c, atol=1e-13)
    for k in range(1, min(2 * q, 12) + 1):  # B(2q)
        np.testing.assert_allclose(b @ c ** (k - 1), 1 / k, atol=1e-13)
    for k in range(1, min(q, 8) + 1):  # C(q)
        np.testing.assert_allclose(a @ c ** (k - 1), c**k / k, atol=1e-12)
    symplectic = b[:, None] * a + (b[:, None] * a).T - np.outer(b, b)
    assert np.abs(symplectic).max() < 1e-13


def test_gauss_legendre_needs_a_stage():
    with pytest.raises(ValueError, match="stage"):
        physics.gauss_legendre(0)


def test_exact_stages_lead_back():
    """For u' = -u the stages of the exact method are known by a linear system."""
    q, step = 6, 0.8
    a, b, _ = physics.gauss_legendre(q)
    stages = np.linalg.solve(np.eye(q) + step * a, np.ones(q))
    new = 1 - step * b @ stages
    assert abs(new - np.exp(-step)) < 1e-12
    outputs = torch.tensor([*stages, new])[:, None]
    back = physics.led_back(outputs, -outputs[:-1], torch.tensor(np.vstack([a, b])), step)
    torch.testing.assert_close(back, torch.ones_like(back))


def test_split_steps_agree_with_other_solvers_and_closed_forms():
    n = 128
    x = np.arange(n) * 2 / n - 1
    start = 0.5 * np.cos(np.pi * x)
    k = np.pi * np.fft.rfftfreq(n, 1 / n)

    def rate(_, u):
        return 1e-4 * np.fft.irfft(-(k**2) * np.fft.rfft(u), n) - 5 * u**3 + 5 * u

    found = solve_ivp(rate, (0, 0.7), start, t_eval=[0.3, 0.7], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        physics.allen_cahn(start, np.array([0.3, 0.7])), found.y.T, atol=1e-6
    )
    y = np.arange(256) * 10 / 256 - 5
    soliton = 2.5 / np.cosh(2.5 * y)  # stands still but for its phase
    t = np.array([0.0, 0.5])
    wave = physics.schrodinger(soliton, t)
    np.testing.assert_allclose(wave[1], soliton * np.exp(0.5j * 2.5**2 * 0.5), atol=1e-4)
