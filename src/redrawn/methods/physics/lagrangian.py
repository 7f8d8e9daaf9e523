"""Physics-informed networks along characteristics (Mojgani, Balajewicz and Hassanzadeh, arXiv 2205.02902).

For u_t + a u_x = ν u_xx on a circle, with a = c or a = u, an ordinary (Eulerian) network u(x, t) has the residual of
this equation. A Lagrangian one has a branch X(ξ, t) for where a label ξ is, and a branch u(ξ, t), with

    X_t - a = 0,    u_t - ν u_ξξ = 0,    X(ξ, 0) = ξ,

where diffusion along labels is exact as long as X_ξ is near one.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.physics.burgers import burgers_residual
from redrawn.methods.physics.tanh_jet import Jet


def circle_jet(x: Float[Tensor, " n"], t: Float[Tensor, " n"]) -> Jet:
    """Return the jet of (cos x, sin x, t) in x and t, through which every function of them is periodic."""
    c, s, zero, one = torch.cos(x), torch.sin(x), torch.zeros_like(x), torch.ones_like(x)
    return torch.stack(
        [
            torch.stack([c, -s, zero, -c]),
            torch.stack([s, c, zero, -s]),
            torch.stack([t, zero, one, zero]),
        ]
    )


def eulerian_residual(u: Jet, viscosity: float, speed: float | None) -> Tensor:
    """Return u_t + a u_x - ν u_xx with a = speed, or a = u where the speed is None: (1, n)."""
    if speed is None:
        return burgers_residual(u, viscosity)
    _, u_x, u_t, u_xx = u.unbind(1)
    return u_t + speed * u_x - viscosity * u_xx


def lagrangian_residuals(
    displacement: Jet, u: Jet, viscosity: float, speed: float | None
) -> tuple[Tensor, Tensor]:
    """Return X_t - a and u_t - ν u_ξξ, with X = ξ + displacement; a is the speed, or u where it is None."""
    carried = displacement[:, 2] - (u[:, 0] if speed is None else speed)
    return carried, u[:, 2] - viscosity * u[:, 3]


def to_grid(
    places: Float[np.ndarray, "m labels"],
    values: Float[np.ndarray, "m labels"],
    x: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "m n"]:
    """Return the values at fixed places, by linear interpolation on the circle between where the labels are."""
    rows = zip(places, values, strict=True)
    return np.stack([np.interp(x, place, value, period=2 * np.pi) for place, value in rows])


def travelled(
    start: Float[np.ndarray, " n"], t: Float[np.ndarray, " m"], speed: float, viscosity: float
) -> Float[np.ndarray, "m n"]:
    """Return the exact u of convection and diffusion on a circle, from its values at n even places (by FFT)."""
    k = np.fft.rfftfreq(len(start), 1 / len(start))
    growth = np.exp(-(viscosity * k**2 + 1j * speed * k) * t[:, None])
    return np.fft.irfft(np.fft.rfft(start) * growth, len(start))


def modes_needed(snapshots: Float[np.ndarray, "m n"], tail: float = 1e-3) -> int:
    """Return the fewest singular vectors that leave at most `tail` of the snapshots' norm."""
    values = np.linalg.svd(snapshots, compute_uv=False)
    left = np.sqrt(np.cumsum(values[::-1] ** 2)[::-1]) / np.linalg.norm(values)
    return int(np.sum(left > tail))
