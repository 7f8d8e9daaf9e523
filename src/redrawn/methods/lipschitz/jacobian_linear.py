"""Linear bounds on the Clarke Jacobian of a ReLU perceptron (Shi et al., NeurIPS 2022).

    J_n = W_n,  J_i = P_i W_i,  P_i = J_{i+1} diag(s_i)

J_i = J is in [l, u] and s in [0, 1] where a unit is unstable. The tightest lines about the product p = J s are then

    l (u - J)/(u - l) <= p <= u (J - l)/(u - l)  for l < 0 < u,  0 <= p <= J  for l >= 0,  J <= p <= 0  for u <= 0  (Fig. 2, 3)

and |J| lies under the chord through (l, -l) and (u, u) (Fig. 5). A linear function of P_i is so bounded by one of J_{i+1}, by one
of P_{i+1}, and so on up to the weights W_n. The lines do not depend on the pre-activations, which enter by their bounds alone.
A row of the Jacobian is bounded at a time, with its own box: `b` counts both.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.jacobian_interval import clarke_slopes
from redrawn.methods.lipschitz.preactivation_bounds import Bounds, Layers

Lines = tuple[Tensor, Tensor, Tensor, Tensor]
"""Slope and offset of the line above, and of the line below."""


def tight_lines(low: Tensor, high: Tensor, least: Tensor, most: Tensor) -> Lines:
    """Return the lines about p = J s for J in [low, high] and s in [least, most] (Fig. 2, 3); all of one shape."""
    unstable = least < most
    low, high = low.clamp(max=0), high.clamp(min=0)  # J of one sign: slopes one and zero follow
    width = (high - low).clamp_min(1e-300)
    offset = torch.where(unstable, -low * high / width, 0)
    above, below = (torch.where(unstable, end / width, most) for end in (high, -low))
    return above, offset, below, -offset


def largest(
    layers: Layers,
    slopes: Bounds,
    rows: Bounds,
    first: int,
    weights: Float[Tensor, "#b m h"] | Float[Tensor, "m h"],
    lines: Callable[..., Lines] = tight_lines,
    seen: list[Tensor] | None = None,
) -> Float[Tensor, "b m"]:
    """Bound weights · P from above, P the product at hidden layer `first`.

    Args:
        layers: the network.
        slopes: ends of each hidden unit's derivative.
        rows: ends of the Jacobian's row behind each hidden layer; known from `first` on, and for the last one its exact value twice.
        first: the hidden layer to start from, counted from zero.
        weights: coefficients of `m` linear functions, of each row or of all.
        lines: the relaxation of p = J s.
        seen: if given, coefficients of P at each layer passed are appended.
    """
    total = weights.new_zeros(())
    for i in range(first, len(slopes)):
        if seen is not None:
            seen.append(weights)
        above, above_offset, below, below_offset = (
            part[..., None] for part in lines(*rows[i], *slopes[i])
        )
        # what J is multiplied by: the next layer's weights, or for the last one its value
        after = rows[-1][0][..., None] if i == len(slopes) - 1 else layers[i + 1][0].T
        found = weights.clamp(min=0) @ torch.cat([above * after, above_offset], -1)
        found = found + weights.clamp(max=0) @ torch.cat([below * after, below_offset], -1)
        weights, total = found[..., :-1], total + found[..., -1]
    return total + weights[..., 0]


def row_bounds(
    layers: Layers,
    slopes: Bounds,
    last: Float[Tensor, "b h"],
    lines: Callable[..., Lines] = tight_lines,
) -> Bounds:
    """Bound a row of J_1, J_2 … J_n, `last` being that of J_n = W_n; tensors (b, inputs of the layer)."""
    rows = [(last, last)] * len(layers)
    for i in range(len(slopes) - 1, -1, -1):
        columns = layers[i][0].T
        both = torch.cat(
            [columns, -columns]
        )  # a lower bound is one from above with the sign turned
        above, below = largest(layers, slopes, rows[1:], i, both, lines).chunk(2, 1)
        rows[i] = (-below, above)
    return rows


def row_norm(
    layers: Layers, slopes: Bounds, rows: Bounds, seen: list[Tensor] | None = None
) -> Float[Tensor, " b"]:
    """Bound the absolute sum of a row of J_1 = P_1 W_1, the chord of |J| being propagated as a linear function."""
    low, high = rows[0]
    mixed = (low < 0) & (high > 0)
    width = (high - low).clamp_min(1e-300)
    chord = torch.where(mixed, (high + low) / width, torch.where(low >= 0, 1.0, -1.0).to(low))
    offset = torch.where(mixed, -2 * low * high / width, 0).sum(-1)
    weights = (chord @ layers[0][0].T)[:, None]
    return largest(layers, slopes, rows[1:], 0, weights, seen=seen)[:, 0] + offset


def every_row(layers: Layers, bounds: Bounds) -> tuple[Bounds, Float[Tensor, "bk h"]]:
    """Return the slopes of each box once for each output, and the rows of W_n in the same order."""
    outputs = layers[-1][0]
    slopes = [
        tuple(end.repeat_interleave(len(outputs), 0) for end in ends)
        for ends in clarke_slopes(bounds)
    ]
    return slopes, outputs.repeat(len(bounds[0][0]), 1)


def linear_constant(layers: Layers, bounds: Bounds) -> Float[Tensor, " b"]:
    """Bound each box's local Lipschitz constant, given bounds on the pre-activations."""
    slopes, last = every_row(layers, bounds)
    found = row_norm(layers, slopes, row_bounds(layers, slopes, last))
    return found.unflatten(0, (-1, len(layers[-1][0]))).amax(1)
