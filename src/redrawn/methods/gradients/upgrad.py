"""UPGrad: project every gradient onto the directions that conflict with none, then average (Quinton and Rey, 2024).

    π_J(x) = argmin ‖y - x‖ over y with J y ≥ 0
    UPGrad(J) = (1/m) Σ_i π_J(g_i),   DualProj(J) = π_J((1/m) Σ_i g_i)                  (Eq. 3)

By the paper's Prop. 1, π_J(Jᵀu) = Jᵀw with w = argmin vᵀGv over v ≥ u, and G = J Jᵀ. With v = u + z and G = AᵀA this is
the non-negative least-squares problem min ‖A z + A u‖ over z ≥ 0, which needs no regularisation where G is singular.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import nnls


def factor(
    gramian: Float[ndarray, "e m m"], regularisation: float = 0.0
) -> Float[ndarray, "e m m"]:
    """Return A with AᵀA = G over its trace, plus `regularisation` on the diagonal.

    Raises:
        ValueError: a Gramian that is not square.
    """
    if gramian.ndim != 3 or gramian.shape[1] != gramian.shape[2]:
        raise ValueError(f"Gramians have shape (e, m, m), got {gramian.shape}")
    size = np.trace(gramian, axis1=1, axis2=2)[:, None, None]
    value, vector = np.linalg.eigh(gramian / np.where(size > 0, size, 1))
    return np.sqrt(value.clip(0) + regularisation)[..., None] * vector.swapaxes(1, 2)


def projection_weights(a: Float[ndarray, "m m"], u: Float[ndarray, " m"]) -> Float[ndarray, " m"]:
    """Return w of π_J(Jᵀu), given a factor A of one Gramian."""
    return u + nnls(a, -a @ u)[0]


def upgrad_weights(
    gramian: Float[ndarray, "e m m"], regularisation: float = 0.0
) -> Float[ndarray, "e m"]:
    """Return UPGrad's w, with update wᵀJ.

    Args:
        gramian: G of each run.
        regularisation: added to the diagonal of G over its trace; the authors' code has 1e-4, which keeps the weights
            of very short gradients small and lets an update conflict a little.
    """
    m = gramian.shape[1]
    return np.array([
        np.mean([projection_weights(a, u) for u in np.eye(m)], axis=0)
        for a in factor(gramian, regularisation)
    ])  # fmt: skip


def dualproj_weights(gramian: Float[ndarray, "e m m"]) -> Float[ndarray, "e m"]:
    """Return DualProj's w: the mean gradient, projected."""
    m = gramian.shape[1]
    return np.array([projection_weights(a, np.full(m, 1 / m)) for a in factor(gramian)])
