"""Important-direction gradient integration (Yang, Wang and Bilgic, CVPR 2023).

Only the part of a step along the gradient changes the score, to first order. IDGI gives each step's change of score
d_j = f(x_{j+1}) - f(x_j) to the coordinates by their share in that direction, g_j ⊙ g_j / ⟨g_j, g_j⟩, so that the changes telescope
and the sum is exact for any number of steps.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.integrated_gradients import Node


def idgi(nodes: Iterable[Node]) -> Float[Tensor, "n ..."]:
    """Return the attributions of a path's nodes, in order; the last gradient is not used.

    A step from a point without a gradient has no direction: its change is lost.
    """
    nodes = iter(nodes)
    before = next(nodes)
    total = torch.zeros_like(before.point)
    for node in nodes:
        squares = before.gradient.square()
        size = squares.flatten(1).sum(1)
        per_square = torch.where(size > 0, (node.score - before.score) / size, 0.0)
        total += squares * per_square.view(-1, *[1] * (squares.ndim - 1))
        before = node
    return total
