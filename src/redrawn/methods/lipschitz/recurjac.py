"""RecurJac: recursive bounds on a ReLU perceptron's Jacobian (Zhang, Zhang & Hsieh, AAAI 2019).

Where the sign of J is known, the product p = J s is bounded by lines through the origin, and the recursion goes on; where it is
not, by the ends of its interval, which ends it, even where s is one. The norm is the sum of the largest absolute values. In the frame of
Shi et al. (NeurIPS 2022) it is their bound propagation with constants for lines.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.jacobian_linear import Lines, every_row, row_bounds, tight_lines
from redrawn.methods.lipschitz.preactivation_bounds import Bounds, Layers


def constant_lines(low: Tensor, high: Tensor, least: Tensor, most: Tensor) -> Lines:
    """Return lines about p = J s for J in [low, high] and s in [least, most], constant where the sign of J is not known."""
    mixed = (low < 0) & (high > 0)
    above, above_offset, below, below_offset = tight_lines(low, high, least, most)
    return (
        torch.where(mixed, 0, above),
        torch.where(mixed, most * high, above_offset),
        torch.where(mixed, 0, below),
        torch.where(mixed, most * low, below_offset),
    )


def recurjac_constant(layers: Layers, bounds: Bounds) -> Float[Tensor, " b"]:
    """Bound each box's local Lipschitz constant, given bounds on the pre-activations."""
    slopes, last = every_row(layers, bounds)
    low, high = row_bounds(layers, slopes, last, constant_lines)[0]
    found = torch.maximum(-low, high).sum(-1)
    return found.unflatten(0, (-1, len(layers[-1][0]))).amax(1)
