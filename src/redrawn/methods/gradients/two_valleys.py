"""The two-task landscape on which CAGrad, Nash-MTL and Aligned-MTL are shown (Liu et al., NeurIPS 2021, App. B).

    L₁ = c₁ f₁ + c₂ q₁,   L₂ = c₁ f₂ + c₂ q₂
    f₁ = ln max(|½(-x - 7) - tanh(-y)|, 5·10⁻⁶) + 6,   f₂ = ln max(|½(-x + 3) + tanh(-y) + 2|, 5·10⁻⁶) + 6
    q₁ = ((7 - x)² + 0.1 (y + 8)²)/10 - 20,            q₂ = ((x + 7)² + 0.1 (y + 8)²)/10 - 20
    c₁ = max(tanh(y/2), 0),                            c₂ = max(-tanh(y/2), 0)

Below y = 0 the weighted sum s L₁ + (1 - s) L₂ is lowest at x = 7 (2s - 1).
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

FLOOR = 5e-6
SIDES, SIGNS = np.array([[-7.0], [7.0]]), np.array([[-1.0], [1.0]])
"""What tells the tasks apart, the first one's and the second's."""

STARTS = ((-8.5, 7.5), (0.0, 0.0), (9.0, 9.0), (-7.5, -0.5), (9.0, -1.0))


def losses_and_jacobian(
    point: Float[ndarray, "e 2"],
) -> tuple[Float[ndarray, "e 2"], Float[ndarray, "e 2 2"]]:
    """Return both losses and their gradients (one a row).

    A maximum passes its gradient where both sides are equal, as torch's clamp does: without that the start (0, 0), where
    c₁ = c₂ = 0, would never be left.
    """
    x, y = point.T
    bend, half = np.tanh(y), np.tanh(y / 2)
    across, rise = x + SIDES, 0.1 * (y + 8)
    inner = 0.5 * (SIDES - x) - SIGNS * bend
    size = np.abs(inner)
    f = np.log(np.maximum(size, FLOOR)) + 6
    q = (across**2 + rise * (y + 8)) / 10 - 20
    slope = 1 / np.where(size < FLOOR, np.inf, inner)
    # but for y = 0, where both are zero, one of c₁ and c₂ is |tanh(y/2)| and the other zero
    upper, c = half > 0, np.abs(half)
    values = c * np.where(upper, f, q)
    by_x = c * np.where(upper, -0.5 * slope, across / 5)
    by_y = c * np.where(upper, SIGNS * (bend**2 - 1) * slope, rise / 5)
    by_y += 0.5 * (1 - half**2) * ((half >= 0) * f - (half <= 0) * q)
    return values.T, np.array([by_x, by_y]).T
