"""Diffusion and sorption in one dimension, the equation of Chalapathi, Du and Krishnapriyan (arXiv 2402.13412, Sec. 4.1).

u_t = D / R(u) u_xx for 0 < x < 1, 0 < t ≤ 500, with R(u) = 1 + (1 - φ)/φ ρ_s k n_f u^(n_f - 1), from a constant u_0, with
u(0, t) = 1 and u(1, t) = -D u_x(1, t). The paper prints the last condition without the minus sign, with which solute would
enter the faster the more there is, without bound. Time is counted in units of 500 here, so that it runs from 0 to 1.
"""

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp
from torch import Tensor

DIFFUSION = 5e-4
HORIZON = 500.0
EXPONENT = 0.874
SORPTION = (1 - 0.29) / 0.29 * 2880 * 3.5e-4 * EXPONENT
FLOOR = 1e-6
"""R is singular at zero: smaller values of u count as this one."""


def retardation(u: Tensor) -> tuple[Tensor, Tensor]:
    """Return q = 1/R(u) and its derivative."""
    above, power, q = _powers(u)
    slope = -(q**2) * (EXPONENT - 1) * power / above
    return q, slope * (u > FLOOR).to(u.dtype)


def retardation_bend(u: Tensor) -> Tensor:
    """Return the second derivative of q = 1/R(u)."""
    above, power, q = _powers(u)
    e = EXPONENT - 1
    bend = 2 * q**3 * (e * power / above) ** 2 - q**2 * e * (e - 1) * power / above**2
    return bend * (u > FLOOR).to(u.dtype)


def _powers(u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return u where it is not below its floor, R(u) - 1 and q."""
    above = u.clamp(min=FLOOR)
    power = SORPTION * above ** (EXPONENT - 1)
    return above, power, 1 / (1 + power)


def reference(
    start: float, x: Float[np.ndarray, " n"], t: Float[np.ndarray, " m"], cells: int = 400
) -> Float[np.ndarray, "m n"]:
    """Return u by the method of lines on `cells` cells, denser towards x = 0, with an implicit solver.

    Args:
        start: u_0.
        x: places.
        t: times in units of the horizon.
        cells: of the finite differences.
    """
    edge = np.linspace(0, 1, cells + 1) ** 1.5
    gap = np.diff(edge)

    width = np.append((gap[1:] + gap[:-1]) / 2, gap[-1] / 2)
    u, flux = np.ones(cells + 1), np.empty(cells + 1)

    def rate(_, inner):
        u[1:] = inner
        flux[:-1] = (u[1:] - u[:-1]) / gap
        flux[-1] = -u[-1] / DIFFUSION  # u_x at the end
        q = 1 / (1 + SORPTION * np.maximum(inner, FLOOR) ** (EXPONENT - 1))
        return HORIZON * DIFFUSION * q * (flux[1:] - flux[:-1]) / width

    found = solve_ivp(
        rate, (0, t[-1]), np.full(cells, start), "LSODA", t, rtol=1e-7, atol=1e-9, lband=1, uband=1
    )
    full = np.vstack([np.ones(len(t)), found.y])
    return np.stack([np.interp(x, edge, row) for row in full.T])
