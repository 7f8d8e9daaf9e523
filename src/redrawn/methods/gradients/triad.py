"""What makes gradients of two tasks hard to add: conflict, dominance, curvature (Yu et al., NeurIPS 2020, Sec. 2).

All are functions of the Gramian of the two gradients, G_ij = g_i·g_j, and of a step δ of the weights:

    cos φ = g₁·g₂ / (‖g₁‖ ‖g₂‖)                                                       (Def. 1)
    Φ = 2 ‖g₁‖ ‖g₂‖ / (‖g₁‖² + ‖g₂‖²)                                                 (Def. 2)
    ξ = (1 - cos² φ) ‖g₁ - g₂‖² / ‖g₁ + g₂‖²                                          (Thm. 2)
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def cosine(gramian: Float[ndarray, "e 2 2"]) -> Float[ndarray, " e"]:
    """Return cos φ, zero where a gradient vanishes; the gradients conflict where it is negative."""
    norms = np.sqrt(gramian[:, 0, 0] * gramian[:, 1, 1])
    return np.divide(gramian[:, 0, 1], norms, out=np.zeros_like(norms), where=norms > 0)


def magnitude_similarity(gramian: Float[ndarray, "e 2 2"]) -> Float[ndarray, " e"]:
    """Return Φ: one for equal norms, near zero where one gradient dominates."""
    a, b = gramian[:, 0, 0], gramian[:, 1, 1]
    return 2 * np.sqrt(a * b) / (a + b)


def bounding_measure(gramian: Float[ndarray, "e 2 2"]) -> Float[ndarray, " e"]:
    """Return ξ: how much curvature, as a share of the largest, makes PCGrad's step the better one."""
    a, b, c = gramian[:, 0, 0], gramian[:, 1, 1], gramian[:, 0, 1]
    return (1 - cosine(gramian) ** 2) * (a + b - 2 * c) / (a + b + 2 * c)


def curvature_along(
    before: Float[ndarray, "e n"], after: Float[ndarray, "e n"], step: Float[ndarray, "e n"]
) -> Float[ndarray, " e"]:
    """Return δᵀ (∫₀¹ ∇²L(θ + aδ) da) δ / ‖δ‖², from the gradients at θ and at θ + δ (Def. 3, per squared length).

    The paper's δ is the step -t∇L(θ). The integral is the difference of the gradients: no second derivative is needed.
    """
    return ((after - before) * step).sum(-1) / (step**2).sum(-1)
