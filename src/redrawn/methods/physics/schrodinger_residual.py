"""The nonlinear Schrödinger equation i h_t + h_xx / 2 + |h|² h = 0 of h = u + iv, as two real residuals."""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.physics.tanh_jet import Jet


def schrodinger_residual(h: Jet) -> Float[Tensor, "2 n"]:
    """Return real and imaginary part of the residual from the jet of (u, v) in (x, t)."""
    (u, v), (u_t, v_t), (u_xx, v_xx) = h[:, 0], h[:, 2], h[:, 3]
    square = u**2 + v**2
    return torch.stack([-v_t + u_xx / 2 + square * u, u_t + v_xx / 2 + square * v])
