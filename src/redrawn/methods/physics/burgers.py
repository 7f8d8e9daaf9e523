"""Burgers' equation u_t + u u_x = ν u_xx, from u(0, x) = -sin πx with u(t, ±1) = 0, solved by Cole and Hopf."""

import numpy as np
from jaxtyping import Float

from redrawn.methods.physics.tanh_jet import Jet


def burgers_residual(jet: Jet, viscosity: float):
    """Return u_t + u u_x - ν u_xx of a jet in (x, t): (outputs, n)."""
    u, u_x, u_t, u_xx = jet.unbind(1)
    return u_t + u * u_x - viscosity * u_xx


def cole_hopf(
    x: Float[np.ndarray, "*m n"], t: Float[np.ndarray, " m"], viscosity: float, nodes: int = 100
) -> Float[np.ndarray, "m n"]:
    """Return the exact u at all times and places, one row of places for all times or one a time, by Gauss–Hermite quadrature.

    u = -∫ sin π(x-η) f e^{-η²/4νt} dη / ∫ f e^{-η²/4νt} dη with f = exp(-cos π(x-η) / 2πν), where the largest
    exponent is taken off before the exponential, as f overflows for small ν.

    Raises:
        ValueError: a negative time, or a viscosity that is not positive.
    """
    if np.min(t) < 0 or viscosity <= 0:
        raise ValueError(f"times from {np.min(t)}, viscosity {viscosity}")
    place, weight = np.polynomial.hermite.hermgauss(nodes)
    found = np.empty((len(t), np.shape(x)[-1]))
    # time by time: quadrature nodes of all times at once would leave the processor's cache
    for row, places, time in zip(found, np.broadcast_to(x, found.shape), t, strict=True):
        angle = np.pi * (places[:, None] - np.sqrt(4 * viscosity * time) * place)
        exponent = -np.cos(angle) / (2 * np.pi * viscosity)
        mass = weight * np.exp(exponent - exponent.max(-1, keepdims=True))
        row[:] = -(mass * np.sin(angle)).sum(-1) / mass.sum(-1)
    return found
