"""Bounds on the pre-activations of a ReLU perceptron over a box of inputs: intervals, and CROWN's linear bounds.

    z_1 = W_1 x + b_1,  z_i = W_i relu(z_{i-1}) + b_i;  for l < 0 < u:  α z <= relu(z) <= u (z - l)/(u - l)

with α = 1 if u > -l and 0 otherwise (CROWN, Zhang et al., NeurIPS 2018). A linear function of z_i is bounded by one of z_{i-1},
and so on down to x, where the box gives a number (the forward graph of Shi et al., NeurIPS 2022, Fig. 1).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Layers = list[tuple[Tensor, Tensor]]
"""Weights (out, in) and biases (out) of a perceptron, ReLU between layers; `b` boxes below share it."""

Bounds = list[tuple[Float[Tensor, "b h"], Float[Tensor, "b h"]]]
"""Lower and upper bounds of each hidden layer."""


def interval_image(
    matrix: Float[Tensor, "m n"], lower: Float[Tensor, "b n"], upper: Float[Tensor, "b n"]
) -> tuple[Float[Tensor, "b m"], Float[Tensor, "b m"]]:
    """Return the smallest box that holds the images of a box under a matrix."""
    centre, radius = (lower + upper) / 2 @ matrix.T, (upper - lower) / 2 @ matrix.abs().T
    return centre - radius, centre + radius


def interval_bounds(
    layers: Layers, lower: Float[Tensor, "b d"], upper: Float[Tensor, "b d"]
) -> Bounds:
    """Bound every hidden pre-activation by interval arithmetic.

    Raises:
        ValueError: a lower end above its upper end.
    """
    _check(lower, upper)
    found = []
    for weight, bias in layers[:-1]:
        lower, upper = (end + bias for end in interval_image(weight, lower, upper))
        found.append((lower, upper))
        lower, upper = lower.relu(), upper.relu()
    return found


def linear_bounds(
    layers: Layers,
    lower: Float[Tensor, "b d"],
    upper: Float[Tensor, "b d"],
    signs: list[Int[Tensor, "b h"]] | None = None,
) -> Bounds:
    """Bound every hidden pre-activation by CROWN, and by the interval's step where that is tighter.

    Args:
        layers: the network.
        lower: the boxes' lower ends.
        upper: their upper ends.
        signs: for each hidden layer, 1 or -1 where only inputs with a pre-activation of that sign count, and 0 elsewhere. Lower
            bounds above upper ones then tell that there is no such input.

    Raises:
        ValueError: a lower end above its upper end.
    """
    _check(lower, upper)
    found: Bounds = []
    for i, (weight, bias) in enumerate(layers[:-1]):
        before = (lower, upper) if i == 0 else tuple(end.relu() for end in found[-1])
        low, high = (end + bias for end in interval_image(weight, *before))
        if i > 0:  # the first layer's interval is exact
            both = torch.cat([weight, -weight])  # from below, with the sign turned
            above, below = _largest(layers, found, both, lower, upper).chunk(2, 1)
            low, high = low.maximum(bias - below), high.minimum(bias + above)
        if signs is not None:
            low = torch.where(signs[i] > 0, low.relu(), low)
            high = torch.where(signs[i] < 0, -(-high).relu(), high)
        found.append((low, high))
    return found


def _largest(layers: Layers, found: Bounds, rows: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
    """Bound rows · relu(z) from above, z the last layer that has bounds; rows are (m, h), the result (b, m)."""
    total = rows.new_zeros(())
    for (weight, bias), (low, high) in zip(layers[len(found) - 1 :: -1], found[::-1], strict=True):
        active = (low >= 0).to(rows)
        unstable = (low < 0) & (high > 0)
        chord = torch.where(unstable, high / (high - low).clamp_min(1e-300), active)[..., None]
        floor = torch.where(unstable, (high > -low).to(rows), active)[..., None]
        raised = torch.where(unstable, -low, 0)[..., None] * chord
        affine = torch.cat([weight, bias[:, None]], 1)  # z = W a + b, the offset behind
        above = chord * affine
        above[..., -1:] += raised
        new = rows.clamp(min=0) @ above + rows.clamp(max=0) @ (floor * affine)
        rows, total = new[..., :-1], total + new[..., -1]
    ends = (rows.clamp(min=0) @ upper[..., None] + rows.clamp(max=0) @ lower[..., None])[..., 0]
    return total + ends


def _check(lower: Tensor, upper: Tensor) -> None:
    if (lower > upper).any():
        raise ValueError("a box has a lower end above its upper end")
