"""MGDA: the shortest vector in the convex hull of the gradients (Désidéri, 2012; Sener and Koltun, 2018).

    w = argmin wᵀGw over w ≥ 0, Σw = 1

For two tasks w has a closed form. For more, let a minimise ‖A a‖² + (Σa - 1)² over a ≥ 0, where AᵀA = G: for a given
direction the best length leaves q/(1 + q), q the squared norm at Σ = 1, which grows with q; so a/Σa is the solution.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import nnls

from redrawn.methods.gradients.upgrad import factor


def mgda_weights(gramian: Float[ndarray, "e m m"]) -> Float[ndarray, "e m"]:
    """Return w, with update wᵀJ."""
    m = gramian.shape[1]
    if m == 2:
        a, b, c = gramian[:, 0, 0], gramian[:, 1, 1], gramian[:, 0, 1]
        apart = a + b - 2 * c
        first = np.divide(b - c, apart, out=np.full_like(a, 0.5), where=apart > 0)
        first = np.minimum(np.maximum(first, 0), 1)
        return np.array([first, 1 - first]).T
    target = np.append(np.zeros(m), 1.0)
    found = [nnls(np.vstack([a, np.ones(m)]), target)[0] for a in factor(gramian)]
    return np.array([a / a.sum() for a in found])
