"""Optimal transport whose plan has at most k non-zeros in each column.

Liu, Puigcerver, Blondel, ICLR 2023, arXiv 2209.15466. The semi-dual is

    max_α  a·α - Σ_j max { t·(α - C_j) - γ/2 ‖t‖² :  t ≥ 0, Σ t = b_j, at most k non-zeros },

where the inner maximiser, column j of the plan, is the projection onto the simplex of the k largest entries
of (α - C_j)/γ. The gradient in α is a less the plan's row sums.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize


def project_top_k(
    scores: Float[np.ndarray, "n m"], mass: Float[np.ndarray, " m"], k: int
) -> Float[np.ndarray, "n m"]:
    """Project each column onto {t ≥ 0, Σ t = mass_j, at most k non-zeros}.

    Raises:
        ValueError: k is not between 1 and n.
    """
    n = scores.shape[0]
    if not 1 <= k <= n:
        raise ValueError(f"k must lie between 1 and {n}, got {k}")
    order = np.argsort(-scores, axis=0, kind="stable")[:k]
    columns = np.arange(scores.shape[1])
    top = scores[order, columns]
    excess = np.cumsum(top, axis=0) - mass
    count = np.arange(1, k + 1)[:, None]
    support = (top - excess / count > 0).sum(axis=0)
    threshold = excess[support - 1, columns] / support
    plan = np.zeros_like(scores)
    plan[order, columns] = np.maximum(top - threshold, 0)
    return plan


def semi_dual(alpha, a, b, cost, gamma: float, k: int):
    """Return the semi-dual's value, its gradient (n,) and the plan (n, m) at α (n,)."""
    gain = alpha[:, None] - cost
    plan = project_top_k(gain / gamma, b, k)
    value = alpha @ a - (plan * gain).sum() + gamma / 2 * (plan**2).sum()
    return value, a - plan.sum(axis=1), plan


def sparse_transport(
    a: Float[np.ndarray, " n"],
    b: Float[np.ndarray, " m"],
    cost: Float[np.ndarray, "n m"],
    k: int,
    *,
    gamma: float = 1.0,
    tolerance: float = 1e-6,
    limit: int = 2000,
):
    """Maximise the semi-dual by L-BFGS.

    Returns:
        value, plan (n, m), iterations. The plan's columns sum to b exactly; its rows sum to a only as far as the
        solver came, and for small k not at all where ties make the semi-dual kinked.

    Raises:
        ValueError: γ is not positive, or k is out of range.
    """
    if gamma <= 0:
        raise ValueError(f"γ must be positive, got {gamma}")

    def loss(alpha):
        value, gradient, _ = semi_dual(alpha, a, b, cost, gamma, k)
        return -value, -gradient

    options = {"maxiter": limit, "maxfun": 10 * limit, "gtol": tolerance, "ftol": 0.0}
    found = minimize(loss, np.zeros(len(a)), jac=True, method="L-BFGS-B", options=options)
    value, _, plan = semi_dual(found.x, a, b, cost, gamma, k)
    return value, plan, found.nit
