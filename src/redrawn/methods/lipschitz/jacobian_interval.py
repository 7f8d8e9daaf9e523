"""Interval bounds on the Clarke Jacobian of a ReLU perceptron, and its value at points.

    J = W_n diag(s_{n-1}) W_{n-1} … diag(s_1) W_1,  s_i = 1 for z_i > 0, 0 for z_i < 0, in [0, 1] where both occur

The local constant in the infinity norm is the largest ‖J‖_∞, absolute row sum, over a box (Jordan & Dimakis, NeurIPS 2020; Shi et
al., NeurIPS 2022). Here J itself is bounded by intervals, from the output down ("IBP", a baseline of the latter).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.preactivation_bounds import Bounds, Layers, interval_image


def clarke_slopes(bounds: Bounds) -> Bounds:
    """Return the ends of each hidden unit's derivative: both one, both zero, or zero and one."""
    ends = []
    for low, high in bounds:
        active = low >= 0
        ends.append((active.to(low), (active | (high > 0)).to(low)))
    return ends


def interval_jacobian(
    layers: Layers, bounds: Bounds
) -> tuple[Float[Tensor, "b k d"], Float[Tensor, "b k d"]]:
    """Return lower and upper bounds on the Jacobian, given those on the pre-activations."""
    low = high = layers[-1][0].expand(len(bounds[0][0]), -1, -1)
    for (weight, _), (least, most) in zip(layers[-2::-1], clarke_slopes(bounds)[::-1], strict=True):
        least, most = least[:, None], most[:, None]
        low, high = torch.minimum(low * least, low * most), torch.maximum(high * least, high * most)
        images = interval_image(weight.T, low.flatten(0, 1), high.flatten(0, 1))
        low, high = (end.unflatten(0, low.shape[:2]) for end in images)
    return low, high


def interval_constant(layers: Layers, bounds: Bounds) -> Float[Tensor, " b"]:
    """Bound each box's local Lipschitz constant by the largest row sum of the interval Jacobian's absolute values."""
    low, high = interval_jacobian(layers, bounds)
    return torch.maximum(-low, high).sum(-1).amax(-1)


def jacobian(layers: Layers, x: Float[Tensor, "... d"]) -> Float[Tensor, "... k d"]:
    """Return the Jacobian at points (where a pre-activation is exactly zero, with slope zero)."""
    active = []
    for weight, bias in layers[:-1]:
        z = x @ weight.T + bias
        active.append((z > 0).to(x)[..., None, :])
        x = z.relu()
    rows = layers[-1][0].expand(*x.shape[:-1], -1, -1)
    for (weight, _), one in zip(layers[-2::-1], active[::-1], strict=True):
        rows = (rows * one) @ weight
    return rows
