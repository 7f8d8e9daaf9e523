"""Networks as implicit Runge–Kutta stages (Raissi et al., arXiv 1711.10561, Sec. 4).

With q Gauss–Legendre stages, u(t + c_i Δt) = u(t) + Δt Σ_j a_ij F(u(t + c_j Δt)) and u(t + Δt) = u(t) + Δt Σ_j b_j F(…).
A network of x alone has the q stages and the new value as outputs; each must lead back to the known u(t).
"""

import numpy as np
from jaxtyping import Float
from numpy.polynomial import legendre
from torch import Tensor


def gauss_legendre(
    stages: int,
) -> tuple[Float[np.ndarray, "q q"], Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """Return a, b and c of the method of order 2q.

    a_ij = (w_j / 2) Σ_n (2n + 1)/2 P_n(x_j) ∫_{-1}^{x_i} P_n at Legendre's nodes x and weights w, since the Lagrange
    polynomials of these nodes are w_j Σ_n (2n + 1)/2 P_n(x_j) P_n.

    Raises:
        ValueError: no stage.
    """
    if stages < 1:
        raise ValueError(f"at least one stage, got {stages}")
    x, w = legendre.leggauss(stages)
    values = legendre.legvander(x, stages)
    n = np.arange(stages)
    integrals = np.empty((stages, stages))
    integrals[:, 0] = x + 1
    integrals[:, 1:] = (values[:, 2:] - values[:, :-2]) / (2 * n[1:] + 1)
    a = w / 4 * (integrals @ ((2 * n[:, None] + 1) * values[:, :-1].T))
    return a, w / 2, (x + 1) / 2


def led_back(
    outputs: Float[Tensor, "q+1 n"],
    rates: Float[Tensor, "q n"],
    weights: Float[Tensor, "q+1 q"],
    step: float,
) -> Float[Tensor, "q+1 n"]:
    """Return what each output says of the known u(t): itself less Δt Σ_j a_ij F_j (the last row's weights are b)."""
    return outputs - step * weights @ rates
