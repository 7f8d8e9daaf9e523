"""The two problems on which Jacobian descent shows its trajectories (Quinton and Rey, 2024).

    EWQ:  f_i(x) = x_i²
    CQF:  f_i(x) = (x - u_i)ᵀ A_i (x - u_i),  A_i = B_i B_iᵀ,  B₁ = R(π/16) diag(1, 0.1),  B₂ = R(-π/16) diag(√3, 0.1),
          u₁ = (1, 0),  u₂ = (-1, 0)

Both are f_i(x) = (x - u_i)ᵀ A_i (x - u_i); Pareto-optimal points are x(w) = (Σ w_i A_i)⁻¹ Σ w_i A_i u_i.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray


class Quadratics(NamedTuple):
    """Several quadratic objectives, and how they are descended."""

    curvatures: Float[ndarray, "m n n"]
    centres: Float[ndarray, "m n"]
    starts: Float[ndarray, "e n"]
    learning_rate: float
    steps: int


def _turned(angle: float, scales: tuple[float, float]) -> Float[ndarray, "2 2"]:
    c, s = np.cos(angle), np.sin(angle)
    b = np.array([[c, -s], [s, c]]) * np.array(scales)
    return b @ b.T


EWQ = Quadratics(
    np.array([np.diag([1.0, 0.0]), np.diag([0.0, 1.0])]), np.zeros((2, 2)),
    np.array([(3, -2), (0, -3), (-4, 4), (-3, 4), (-3.5, -0.75)]), 0.075, 50,
)  # fmt: skip
CQF = Quadratics(
    np.array([_turned(np.pi / 16, (1, 0.1)), _turned(-np.pi / 16, (3**0.5, 0.1))]),
    np.array([(1.0, 0.0), (-1.0, 0.0)]),
    np.array([(0.5, 0.5), (-1, 7), (0, 0), (1, 6)]), 0.05, 500,
)  # fmt: skip


def losses_and_jacobian(
    problem: Quadratics, x: Float[ndarray, "e n"]
) -> tuple[Float[ndarray, "e m"], Float[ndarray, "e m n"]]:
    """Return the objectives and their gradients (one a row)."""
    off = x[:, None] - problem.centres
    pull = np.einsum("mij,emj->emi", problem.curvatures, off)
    return (off * pull).sum(-1), 2 * pull


def pareto_points(problem: Quadratics, count: int = 2001) -> Float[ndarray, "count n"]:
    """Return Pareto-optimal points of two objectives, by evenly spaced weights w = (t, 1 - t), ends left out."""
    t = np.linspace(0, 1, count + 2)[1:-1]
    w = np.stack([t, 1 - t], axis=1)
    matrix = np.einsum("cm,mij->cij", w, problem.curvatures)
    right = np.einsum("cm,mij,mj->ci", w, problem.curvatures, problem.centres)
    return np.linalg.solve(matrix, right[..., None])[..., 0]
