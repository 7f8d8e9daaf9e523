"""Matrices of linear physics-informed models: against quadrature, against descent step by step, and known limits."""

import numpy as np
import pytest
import torch

from redrawn.methods import physics


def features(modes, x, derivative=0):
    k = np.arange(1, modes + 1)[:, None]
    if derivative == 0:
        waves = [np.cos(k * x), np.sin(k * x)]
        constant = np.full_like(x, 1 / np.sqrt(2 * np.pi))
    else:
        waves = [-(k**2) * np.cos(k * x), -(k**2) * np.sin(k * x)]
        constant = np.zeros_like(x)
    return np.vstack([constant, *(w / np.sqrt(np.pi) for w in waves)])


def test_poisson_matrix_by_quadrature():
    node, weight = np.polynomial.legendre.leggauss(80)
    second = features(5, np.pi * node, 2)
    ends = features(5, np.array([-np.pi, np.pi]))
    expected = (np.pi * weight * second) @ second.T + 3.0 * (ends @ ends.T) / 2
    found = physics.poisson_matrix(5, 3.0)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(physics.condition_number(found), np.linalg.cond(expected))


def test_advection_blocks_by_quadrature():
    speed, space, time, weight = 2.7, 2, 1, 0.4
    t = (np.arange(400) + 0.5) / 400
    blocks = physics.advection_blocks(speed, space, time, weight)
    assert blocks.shape == (3, 3, 3)
    for k in range(space + 1):
        l = np.arange(-time, time + 1)[:, None]
        wave = np.exp(2j * np.pi * l * t)  # of unit norm in t; x contributes exp(ikx)/√2π
        after = (2j * np.pi * l + 1j * speed * k) * wave
        expected = (after @ after.conj().T / 400).real + weight
        np.testing.assert_allclose(blocks[k], expected, atol=1e-9)
    scales = physics.advection_scales(speed, space, time)
    symbol = np.abs(2 * np.pi * np.arange(-1, 2) + speed * np.arange(3)[:, None])
    np.testing.assert_allclose(scales * np.maximum(symbol, 1), 1)


def test_bounds_and_limits_of_the_paper():
    for modes in (2, 8, 32):
        best, weight = physics.best_condition_number(
            lambda w, m=modes: physics.poisson_matrix(m, w)
        )
        assert best >= modes**4
        near = [
            physics.condition_number(physics.poisson_matrix(modes, f * weight)) for f in (0.7, 1.4)
        ]
        assert min(near) > best
        scales = physics.poisson_scales(modes, 100.0)
        matrix = scales[:, None] * physics.poisson_matrix(modes, 2 * np.pi / 1e4) * scales
        assert 1 < physics.condition_number(matrix) < 1.05


def test_without_a_boundary_the_constant_is_free():
    with pytest.raises(ValueError, match="singular"):
        physics.condition_number(physics.poisson_matrix(3, 0.0))


@pytest.mark.parametrize("plain", [True, False])
def test_closed_form_is_descent_step_by_step(plain):
    error = np.random.default_rng(0).standard_normal(7)
    matrix = physics.poisson_matrix(3, 5.0)
    scales = np.ones(7) if plain else physics.poisson_scales(3, 2.0)
    found = physics.descent_errors(matrix, error, [0, 1, 20], scales)
    whole = scales[:, None] * matrix * scales
    rate, left, curve = 1 / np.linalg.eigvalsh(whole)[-1], error / scales, []
    for step in range(21):
        if step in (0, 1, 20):
            curve.append(np.linalg.norm(scales * left) / np.linalg.norm(error))
        left = left - rate * whole @ left
    np.testing.assert_allclose(found, curve)
    count = physics.iterations_to(0.05, matrix, error, scales)
    after = physics.descent_errors(matrix, error, [count - 1, count], scales)
    assert after[0] > 0.05 >= after[1]


def test_network_matrix_of_a_linear_model_is_the_linear_matrix():
    """With u = Σ θ φ as the 'network', the matrix is Poisson's own."""
    k = torch.arange(1, 4).double()

    def field(theta, x):
        kx = k * x[:, None]
        waves = torch.cat([torch.cos(kx), torch.sin(kx)], 1) / torch.pi**0.5
        constant = torch.full((len(x), 1), (2 * torch.pi) ** -0.5).double()
        return (theta[0] * torch.cat([constant, waves], 1)).sum(1)

    found = physics.network_matrix([torch.ones(7).double()], field, boundary_weight=2.0, nodes=60)
    np.testing.assert_allclose(found, physics.poisson_matrix(3, 2.0), atol=1e-6)
