"""Networks along characteristics: their residuals on exact solutions, and counting modes."""

import numpy as np
import torch

from redrawn.methods import physics

X, T = torch.linspace(0, 6, 8).double(), torch.linspace(0, 1, 8).double()
NU, C = 0.05, 3.0


def jets(*functions):
    found = []
    for f in functions:
        x, t = X.clone().requires_grad_(), T.clone().requires_grad_()
        u = f(x, t)
        dx, dt = torch.autograd.grad(u.sum(), (x, t), create_graph=True, allow_unused=True)
        dx = torch.zeros_like(x) if dx is None else dx
        second = torch.autograd.grad(dx.sum(), x)[0] if dx.requires_grad else torch.zeros_like(x)
        found.append(torch.stack([u, dx, dt, second])[None].detach())
    return found


def test_residuals_vanish_on_exact_solutions():
    (wave,) = jets(lambda x, t: torch.exp(-NU * t) * torch.sin(x - C * t))
    assert physics.eulerian_residual(wave, NU, C).abs().max() < 1e-12
    assert physics.eulerian_residual(wave, NU, C + 1).abs().max() > 0.1
    assert physics.eulerian_residual(wave, 2 * NU, C).abs().max() > 0.01
    shift, carried = jets(
        lambda x, t: C * t + 0 * x, lambda x, t: torch.exp(-NU * t) * torch.sin(x)
    )
    for part in physics.lagrangian_residuals(shift, carried, NU, C):
        assert part.abs().max() < 1e-12
    place, value = physics.lagrangian_residuals(shift, carried, 2 * NU, None)
    torch.testing.assert_close(place, C - carried[:, 0])
    assert value.abs().max() > 0.01


def test_burgers_velocity_is_u_itself():
    (wave,) = jets(lambda x, t: torch.sin(x + t))
    expected = physics.burgers_residual(wave, NU)
    torch.testing.assert_close(physics.eulerian_residual(wave, NU, None), expected)


def test_travelled_and_to_grid_agree():
    x, t = np.arange(512) * 2 * np.pi / 512, np.linspace(0, 1, 5)
    exact = physics.travelled(np.sin(x), t, 7.0, 0.1)
    np.testing.assert_allclose(
        exact, np.exp(-0.1 * t)[:, None] * np.sin(x - 7 * t[:, None]), atol=1e-12
    )
    places = x + 7 * t[:, None]
    found = physics.to_grid(places, np.exp(-0.1 * t)[:, None] * np.sin(x) + 0 * places, x)
    np.testing.assert_allclose(found, exact, atol=1e-4)


def test_modes_are_counted_by_what_is_left():
    u = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 4)))[0]
    matrix = u @ np.diag([1, 1e-1, 2e-3, 1e-6]) @ np.eye(4, 30)
    assert physics.modes_needed(matrix) == 3
    assert physics.modes_needed(matrix, 0.05) == 2
    x, t = np.arange(64) * 2 * np.pi / 64, np.linspace(0, 1, 50)
    for speed in (1.0, 50.0):  # sin(x - ct) has two modes at every speed
        assert physics.modes_needed(physics.travelled(np.sin(x), t, speed, 0.0)) == 2
