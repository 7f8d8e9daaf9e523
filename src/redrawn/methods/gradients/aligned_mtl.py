"""Aligned-MTL: make the system of gradients orthogonal, of equal lengths, then weight it (Senushkin et al., CVPR 2023).

With G = J Jᵀ = V Λ Vᵀ and λ_R its smallest eigenvalue that is kept (Alg. 1):

    Ĵ = B J,   B = √λ_R V Λ^{-½} Vᵀ,   update = wᵀ Ĵ

For two tasks B = (adj G + s I)/(√λ₁ t) with s = √det G, t = √(tr G + 2s) = √λ₁ + √λ₂; where λ₂ is dropped B = G/tr G.

Ĵ is the closest matrix to J whose rows are orthogonal and of norm √λ_R: its condition number is one.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

TOLERANCE = 1e-10
"""Eigenvalues below this share of the largest count as zero."""


def alignment(gramian: Float[ndarray, "e m m"]) -> Float[ndarray, "e m m"]:
    """Return B, symmetric; of rank R where the gradients are dependent."""
    if gramian.shape[1] == 2:
        return _pair(gramian)
    value, vector = np.linalg.eigh(gramian)
    kept = value > TOLERANCE * value[:, -1:].clip(0)
    smallest = np.where(kept, value, np.inf).min(1, keepdims=True)
    scale = np.sqrt(np.divide(smallest, value, out=np.zeros_like(value), where=kept))
    return (vector * scale[:, None]) @ vector.swapaxes(1, 2)


def _pair(gramian: Float[ndarray, "e 2 2"]) -> Float[ndarray, "e 2 2"]:
    a, b, c = gramian[:, 0, 0], gramian[:, 1, 1], gramian[:, 0, 1]
    trace, square = a + b, a * b - c * c
    full = square > TOLERANCE * trace**2
    s = np.sqrt(np.where(full, square, 0))
    t = np.sqrt(trace + 2 * s)
    largest = (t + np.sqrt(np.maximum(trace - 2 * s, 0))) / 2
    found = np.array([[b + s, -c], [-c, a + s]]) / np.where(full, largest * t, 1)
    return np.where(full, found, gramian.T / np.where(trace > 0, trace, 1)).T


def aligned_weights(
    gramian: Float[ndarray, "e m m"], preset: Float[ndarray, "e m"]
) -> Float[ndarray, "e m"]:
    """Return B w: the coefficients of the gradients in the update.

    Args:
        gramian: G of each run.
        preset: w, the weights of the tasks in the loss that is to be minimised.
    """
    return (alignment(gramian) @ preset[..., None])[..., 0]


def condition_number(gramian: Float[ndarray, "e m m"]) -> Float[ndarray, " e"]:
    """Return √(λ_max / λ_min) of G, the condition number of the gradients."""
    value = np.linalg.eigvalsh(gramian)
    return np.sqrt(value[:, -1] / value[:, 0].clip(1e-300))
