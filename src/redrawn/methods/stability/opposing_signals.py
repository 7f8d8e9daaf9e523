"""The two-layer linear model with outliers of opposing signals (Rosenfeld and Risteski, ICLR 2024), over its population.

Inputs have a part x_s of unit covariance that tells the target β·x_s, and an outlier part that is zero but with probability
p, when it is ±√(α/p) along one direction; the target then gains √(α/p), whatever the sign. With f = c (b_s·x_s + b_o x_o),

    L = ‖c b_s − β‖² / 2 + α ((c b_o)² + 1) / 2 ,

whose curvature along b_o is α c². A state is (c, b_o, b_s), in the last dimension.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def signal_error(state: Float[Tensor, "*e s"], beta: Float[Tensor, "*e d"]) -> Float[Tensor, "*e"]:
    """Return the part of the loss that is not of outliers."""
    return (state[..., :1] * state[..., 2:] - beta).square().sum(-1) / 2


def population_loss(state, beta, alpha: float) -> Float[Tensor, "*e"]:
    """Return L."""
    valley = state[..., 0] * state[..., 1]
    return signal_error(state, beta) + alpha * (valley.square() + 1) / 2


def gradient(state, beta, alpha: float) -> Float[Tensor, "*e s"]:
    """Return L's derivative by the state."""
    scale, outlier, signal = state[..., :1], state[..., 1:2], state[..., 2:]
    error = scale * signal - beta
    by_scale = (error * signal).sum(-1, keepdim=True) + alpha * scale * outlier.square()
    return torch.cat([by_scale, alpha * scale.square() * outlier, scale * error], -1)


def group_loss(state, beta, alpha: float, share: float, sign: int) -> Float[Tensor, "*e"]:
    """Return the mean loss of outliers of one sign, where `share` = p of all inputs are outliers."""
    valley = state[..., 0] * state[..., 1]
    return signal_error(state, beta) + alpha / share * (sign * valley - 1).square() / 2


def sharpness(state: Float[Tensor, "e s"], beta, alpha: float) -> Float[Tensor, " e"]:
    """Return the largest eigenvalue of each state's Hessian."""
    hessian = torch.func.vmap(torch.func.hessian(population_loss), in_dims=(0, 0, None))
    return torch.linalg.eigvalsh(hessian(state, beta, alpha))[..., -1]
