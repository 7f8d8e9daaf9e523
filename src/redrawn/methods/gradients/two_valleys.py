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
    u, v = 0.5 * (-x - 7) + bend, 0.5 * (-x + 3) - bend + 2
    inner = np.stack([u, v], 1)
    size = np.abs(inner)
    f = np.log(np.maximum(size, FLOOR)) + 6
    slope = np.divide(1.0, inner, out=np.zeros_like(inner), where=size >= FLOOR)
    flat = 1 - bend**2
    f_y = np.stack([flat, -flat], 1) * slope
    across = np.stack([x - 7, x + 7], 1)
    down = 0.1 * (y + 8)
    q = (across**2 + (down * (y + 8))[:, None]) / 10 - 20
    upper, lower = half >= 0, half <= 0
    c1, c2 = (half * upper)[:, None], (-half * lower)[:, None]
    half_y = 0.5 * (1 - half**2)
    c1_y, c2_y = (half_y * upper)[:, None], (-half_y * lower)[:, None]
    by_x = c1 * (-0.5 * slope) + c2 * across / 5
    by_y = c1_y * f + c1 * f_y + c2_y * q + c2 * down[:, None] / 5
    return c1 * f + c2 * q, np.stack([by_x, by_y], axis=2)
