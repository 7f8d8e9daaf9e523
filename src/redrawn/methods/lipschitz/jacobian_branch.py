"""Branch and bound on unstable units, for the local Lipschitz constant of a ReLU perceptron (Shi et al., NeurIPS 2022).

A branch is one output row and a sign for some hidden units. The one with the largest bound is split at the unit whose relaxation
leaves the largest area, weighted by its coefficients (the authors' heuristic): in one half its pre-activation is not negative, in
the other not positive, and both get new linear bounds. The largest bound of all branches is a bound at every time.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from redrawn.methods.lipschitz.jacobian_interval import clarke_slopes
from redrawn.methods.lipschitz.jacobian_linear import row_bounds, row_norm
from redrawn.methods.lipschitz.preactivation_bounds import Layers, linear_bounds


def bound_branches(
    layers: Layers,
    lower: Float[Tensor, "b d"],
    upper: Float[Tensor, "b d"],
    rows: Int[Tensor, " b"],
    signs: Int[Tensor, "b units"],
) -> tuple[Float[Tensor, " b"], Int[Tensor, " b"]]:
    """Return each branch's bound, zero if no input belongs to it, and the unit to split; any, if none is unstable.

    Args:
        layers: the network.
        lower: the boxes' lower ends.
        upper: their upper ends.
        rows: output.
        signs: of hidden units, layer after layer: 1 or -1, or 0 where both count.
    """
    sizes = [len(bias) for _, bias in layers[:-1]]
    bounds = linear_bounds(layers, lower, upper, list(signs.split(sizes, 1)))
    # by more than rounding, which turns the ends of a point about as well
    empty = torch.stack([(low > high + 1e-9).any(1) for low, high in bounds]).any(0)
    slopes = clarke_slopes(bounds)
    found = row_bounds(layers, slopes, layers[-1][0][rows])
    seen: list[Tensor] = []
    norms = row_norm(layers, slopes, found, seen)
    scores = []
    for (least, most), (low, high), weights in zip(slopes, found[1:], seen, strict=True):
        area = high * high.abs() - low * low.abs()
        # one more than zero: an unstable unit without weight is split before a stable one
        scores.append((least < most) * (1 + weights[:, 0].abs() * area))
    return torch.where(empty, 0, norms), torch.cat(scores, 1).argmax(1)


def branch_and_bound(
    layers: Layers,
    lower: Float[Tensor, "n d"],
    upper: Float[Tensor, "n d"],
    rounds: int,
    wide: int = 4,
) -> Float[Tensor, "n rounds1"]:
    """Return a bound on each box's local Lipschitz constant before the first round and after each.

    Args:
        layers: the network.
        lower: the boxes' lower ends.
        upper: their upper ends.
        rounds: how often to split.
        wide: branches of each box to split in a round, at most the number of outputs.

    Raises:
        ValueError: more branches wanted than there are at the start.
    """
    outputs, boxes = len(layers[-1][1]), len(lower)
    if wide > outputs:
        raise ValueError(f"there are {outputs} branches at the start, not {wide}")
    units = sum(len(bias) for _, bias in layers[:-1])

    def evaluate(rows: Tensor, signs: Tensor) -> tuple[Tensor, Tensor]:
        ends = (end.repeat_interleave(rows.shape[1], 0) for end in (lower, upper))
        found = bound_branches(layers, *ends, rows.flatten(), signs.flatten(0, 1))
        return tuple(part.unflatten(0, rows.shape) for part in found)

    rows = torch.arange(outputs, device=lower.device).expand(boxes, -1)
    signs = torch.zeros((boxes, outputs, units), dtype=torch.int8, device=lower.device)
    bounds, where = evaluate(rows, signs)
    history = [bounds.amax(1)]
    for _ in range(rounds):
        parents, chosen = bounds.topk(wide, 1)
        sign = signs.gather(1, chosen[..., None].expand(-1, -1, units))
        place = where.gather(1, chosen)[..., None]
        halves = torch.cat([sign.scatter(2, place, value) for value in (1, -1)], 1)
        row = rows.gather(1, chosen).repeat(1, 2)
        bound, unit = evaluate(row, halves)
        bound = bound.minimum(parents.repeat(1, 2))
        bounds = torch.cat([bounds.scatter(1, chosen, 0), bound], 1)
        rows, signs = torch.cat([rows, row], 1), torch.cat([signs, halves], 1)
        where = torch.cat([where, unit], 1)
        history.append(bounds.amax(1))
    return torch.stack(history, 1)
