"""The two-task landscape of the first figure of PCGrad (Yu et al., NeurIPS 2020, App. D).

    L₁ = 20 log max(|½θ₁ + tanh θ₂|, 5·10⁻⁶),   L₂ = 25 log max(|½θ₁ - tanh θ₂ + 2|, 5·10⁻⁶)

The base of the logarithm is not said; it is the natural one here. Both are lowest for θ → (-2, ∞). In plain numbers: half a
million updates of two parameters are faster so than by arrays.
"""

import math

FLOOR = 5e-6
START = (0.5, -3.0)
SCALES = (20.0, 25.0)


def _arguments(a: float, b: float) -> tuple[float, float, float]:
    bend = math.tanh(b)
    return 0.5 * a + bend, 0.5 * a - bend + 2, bend


def losses(a: float, b: float) -> tuple[float, float]:
    """Return L₁ and L₂ at θ = (a, b)."""
    u, v, _ = _arguments(a, b)
    return SCALES[0] * math.log(max(abs(u), FLOOR)), SCALES[1] * math.log(max(abs(v), FLOOR))


def gradients(a: float, b: float) -> tuple[float, float, float, float]:
    """Return ∂L₁/∂a, ∂L₁/∂b, ∂L₂/∂a, ∂L₂/∂b; zero on the floor."""
    u, v, bend = _arguments(a, b)
    first = SCALES[0] / u if abs(u) > FLOOR else 0.0
    second = SCALES[1] / v if abs(v) > FLOOR else 0.0
    slope = 1 - bend * bend
    return 0.5 * first, slope * first, 0.5 * second, -slope * second
