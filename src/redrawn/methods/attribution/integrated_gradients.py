"""Integrated gradients (Sundararajan, Taly and Yan, ICML 2017, Eq. 1), along any path.

On the straight path from x' to x:  IG_i = (x_i - x'_i) ∫₀¹ ∂_i F(x' + α(x - x')) dα.
A walk yields the path's nodes one by one, so that memory does not grow with their number; a list of them serves several
methods, and every second of them is a walk of half as many steps.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.gradient import Score, score_and_gradient


class Node(NamedTuple):
    """A point of a path, with the score and its gradient there."""

    point: Tensor
    score: Tensor
    gradient: Tensor


def walk(
    score: Score, x: Float[Tensor, "n ..."], baseline: Float[Tensor, "n ..."], steps: int
) -> Iterator[Node]:
    """Yield the steps + 1 nodes of the straight path, the baseline first.

    Raises:
        ValueError: no step.
    """
    if steps < 1:
        raise ValueError(f"a path needs a step, got {steps}")
    for j in range(steps + 1):
        point = torch.lerp(baseline, x, j / steps)
        yield Node(point, *score_and_gradient(score, point))


def integrated_gradients(
    nodes: Iterable[Node], rule: Literal["trapezoid", "right", "left"] = "trapezoid"
) -> Float[Tensor, "n ..."]:
    """Return the attributions: each step's displacement times the gradient, by a Riemann sum.

    Args:
        nodes: of a path from the baseline to x, in order.
        rule: the gradient of a step: the mean of its ends (the authors' code), its later end (the paper's Eq. 3), or its
            earlier.
    """
    early, late = {"trapezoid": (0.5, 0.5), "right": (0.0, 1.0), "left": (1.0, 0.0)}[rule]
    nodes = iter(nodes)
    before = next(nodes)
    total = torch.zeros_like(before.point)
    for node in nodes:
        slope = early * before.gradient + late * node.gradient
        total += (node.point - before.point) * slope
        before = node
    return total
