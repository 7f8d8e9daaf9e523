"""GradDrop: keep one sign of each coordinate, at random (Chen et al., NeurIPS 2020).

With probability P = ½ (1 + Σ_i g_i / Σ_i |g_i|) the positive entries are kept, else the negative ones.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def graddrop(
    jacobian: Float[ndarray, "e m n"], uniform: Float[ndarray, "e n"]
) -> Float[ndarray, "e n"]:
    """Return the update.

    Args:
        jacobian: J.
        uniform: a draw from [0, 1] for each coordinate.

    Raises:
        ValueError: draws outside of [0, 1].
    """
    if uniform.min() < 0 or uniform.max() > 1:
        raise ValueError("draws must lie in [0, 1]")
    total = np.abs(jacobian).sum(1)
    purity = 0.5 * (
        1 + np.divide(jacobian.sum(1), total, out=np.zeros_like(total), where=total > 0)
    )
    keep_positive = (purity > uniform)[:, None]
    return np.where((jacobian > 0) == keep_positive, jacobian, 0).sum(1)
