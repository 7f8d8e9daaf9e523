"""Training on a residual seen as gradient descent with a matrix (De Ryck et al., arXiv 2310.05801).

Near its start a network is linear in its parameters, u = Σ θ_i φ_i with φ_i = ∂_{θ_i} u, and descent on the squared
residual of D u = f with boundary weight λ is

    θ ← θ - η (A θ - b),    A_ij = ⟨D φ_i, D φ_j⟩ + λ ⟨φ_i, φ_j⟩_boundary      (eq. 2.5 and 2.6),

whose error falls by 1 - c/κ(A) a step (theorem 2.3). Preconditioning replaces φ by P φ, so that A becomes P A P.
"""

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize_scalar


def poisson_matrix(modes: int, boundary_weight: float) -> Float[np.ndarray, "p p"]:
    """Return A of D = -d²/dx² on (-π, π) for φ_0 = 1/√2π, cos(kx)/√π and sin(kx)/√π, k = 1 … K, in this order.

    The boundary product is the mean over both ends, where every sine vanishes.
    """
    k = np.arange(1, modes + 1)
    ends = np.concatenate([[1 / np.sqrt(2 * np.pi)], (-1.0) ** k / np.sqrt(np.pi), np.zeros(modes)])
    inside = np.diag(np.concatenate([[0], k, k]).astype(float) ** 4)
    return inside + boundary_weight * np.outer(ends, ends)


def poisson_scales(modes: int, gamma: float) -> Float[np.ndarray, " p"]:
    """Return the diagonal of P: γ for the constant, 1/k² for the waves."""
    k = np.arange(1.0, modes + 1)
    return np.concatenate([[gamma], k**-2, k**-2])


def advection_blocks(
    speed: float, space: int, time: int, initial_weight: float
) -> Float[np.ndarray, "blocks l l"]:
    """Return A of D = ∂_t + β ∂_x on [0, 1] × [0, 2π] for exp i(2πlt + kx), |l| ≤ time, 0 ≤ k ≤ space.

    Features are normalised, waves of different k do not meet: one block a k. The boundary product is at t = 0.
    Blocks of -k have the eigenvalues of those of k.
    """
    l = np.arange(-time, time + 1)
    symbol = 2 * np.pi * l + speed * np.arange(space + 1)[:, None]
    return symbol[:, :, None] ** 2 * np.eye(len(l)) + initial_weight


def advection_scales(speed: float, space: int, time: int) -> Float[np.ndarray, "blocks l"]:
    """Return the diagonal of each block of P, 1/|2πl + βk|; one where that symbol is below one."""
    l = np.arange(-time, time + 1)
    symbol = np.abs(2 * np.pi * l + speed * np.arange(space + 1)[:, None])
    return 1 / np.maximum(symbol, 1)


def condition_number(matrix: Float[np.ndarray, "*blocks p p"]) -> float:
    """Return the largest over the smallest eigenvalue, over all blocks.

    Raises:
        ValueError: singular to rounding, as without any weight on the boundary.
    """
    values = np.linalg.eigvalsh(matrix)
    low, high = values.min(), values.max()
    if low <= 1e-14 * high:
        raise ValueError(f"singular: eigenvalues from {low:g} to {high:g}")
    return float(high / low)


def best_condition_number(matrix_of) -> tuple[float, float]:
    """Return the smallest κ of `matrix_of(weight)` over boundary weights from 1e-4 to 1e8, and that weight.

    The logarithm of the weight is scanned before it is refined, as the function can have several minima.
    """

    def logarithm(w):
        try:
            return np.log(condition_number(matrix_of(10.0**w)))
        except ValueError:
            return np.inf

    grid = np.linspace(-4, 8, 49)
    best = grid[np.argmin([logarithm(w) for w in grid])]
    found = minimize_scalar(logarithm, bounds=(best - 0.25, best + 0.25), method="bounded")
    return float(np.exp(found.fun)), float(10**found.x)


def descent_errors(
    matrix: Float[np.ndarray, "p p"],
    error: Float[np.ndarray, " p"],
    steps: Float[np.ndarray, " m"],
    scales: Float[np.ndarray, " p"],
) -> Float[np.ndarray, " m"]:
    """Return ‖u_k - u‖ / ‖u_0 - u‖ after each number of steps of descent with rate 1/λ_max, in closed form.

    Args:
        matrix: A of orthonormal features, before preconditioning.
        error: coefficients of u_0 - u.
        steps: numbers k.
        scales: diagonal of P (ones: plain descent).
    """
    values, vectors = np.linalg.eigh(scales[:, None] * matrix * scales)
    start = vectors.T @ (error / scales)
    left = (1 - values / values[-1]) ** np.asarray(steps, dtype=float)[:, None] * start
    return np.linalg.norm(scales * (left @ vectors.T), axis=1) / np.linalg.norm(error)


def iterations_to(tolerance: float, matrix, error, scales) -> float:
    """Return the first number of steps after which the relative error is at most `tolerance` (by bisection)."""
    low, high = 0.0, 1.0
    while descent_errors(matrix, error, [high], scales)[0] > tolerance:
        low, high = high, 2 * high
    while high - low > 1:
        middle = np.floor((low + high) / 2)
        ahead = descent_errors(matrix, error, [middle], scales)[0] > tolerance
        low, high = (middle, high) if ahead else (low, middle)
    return high


def network_matrix(
    parameters: list[torch.Tensor], field, boundary_weight: float = 1.0, nodes: int = 400
) -> Float[np.ndarray, "p p"]:
    """Return A of -d²/dx² on (-π, π) for the features ∂_θ u of a network, by Gauss–Legendre quadrature.

    Args:
        parameters: tensors θ in float64.
        field: maps parameters with a leading dimension n, a copy for each place, and x of shape (n,) to u of shape (n,).
        boundary_weight: λ, on the mean over both ends.
        nodes: of the quadrature.
    """
    place, weight = np.polynomial.legendre.leggauss(nodes)

    def rows(at, second):
        x = torch.tensor(at, requires_grad=True)
        # each place has parameters of its own, so that one gradient of the sum holds every place's row
        own = [p.detach().expand(len(at), *p.shape).requires_grad_() for p in parameters]
        u = field(own, x)
        for _ in range(2 * second):
            (u,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        jacobian = torch.autograd.grad(u.sum(), own, materialize_grads=True)
        return torch.cat([j.flatten(1) for j in jacobian], 1).numpy()

    inside = rows(np.pi * place, True) * np.sqrt(np.pi * weight)[:, None]
    ends = rows(np.array([-np.pi, np.pi]), False)
    return inside.T @ inside + boundary_weight / 2 * ends.T @ ends
