"""L1-penalised least squares: against scikit-learn, and the bounce of subgradient steps in closed form."""

import numpy as np
import torch
from sklearn.linear_model import Lasso

from redrawn.methods import stability

DRAW = torch.Generator().manual_seed(1)
A = torch.randn(2, 12, 5, generator=DRAW, dtype=torch.float64) / 12**0.5
Y = torch.randn(2, 12, generator=DRAW, dtype=torch.float64)


def test_gradient_against_automatic_differentiation():
    b = torch.randn(2, 5, generator=DRAW, dtype=torch.float64)
    found = torch.func.grad(lambda b: stability.lasso_objective(b, A, Y, 0.3).sum())(b)
    wanted = stability.least_squares_gradient(b, A, Y) + 0.3 * b.sign()
    torch.testing.assert_close(found, wanted)


def test_proximal_steps_reach_scikit_learns_solution():
    b = torch.zeros(2, 5, dtype=torch.float64)
    for _ in range(3000):
        b = stability.proximal_step(b, stability.least_squares_gradient(b, A, Y), 0.2, 0.2)
    for a, y, found in zip(A.numpy(), Y.numpy(), b.numpy(), strict=True):
        solver = Lasso(alpha=0.2 / 12, fit_intercept=False, tol=1e-12, max_iter=100_000)
        np.testing.assert_allclose(found, solver.fit(a, y).coef_, atol=1e-6)


def test_soft_threshold_minimises_its_objective():
    b, grid = torch.tensor([-2.0, -0.1, 0.0, 0.4, 1.5]), torch.linspace(-3, 3, 6001)
    best = grid[((grid[:, None] - b).square() / 2 + 0.5 * grid[:, None].abs()).argmin(0)]
    torch.testing.assert_close(stability.soft_threshold(b, 0.5), best, atol=2e-3, rtol=0)


def test_subgradient_steps_bounce_about_zero():
    b, zero = torch.tensor([0.03]), torch.zeros(1)
    path = [b := stability.subgradient_step(b, zero, 1.0, 0.1) for _ in range(4)]
    torch.testing.assert_close(torch.cat(path), torch.tensor([-0.07, 0.03, -0.07, 0.03]))
