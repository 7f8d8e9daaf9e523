"""Gradient flow ẇ = −∇L(w) by the classical Runge–Kutta method, networks side by side, each at its own step."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def runge_kutta(
    gradient: Callable[[Float[Tensor, "e n"]], Float[Tensor, "e n"]],
    w: Float[Tensor, "e n"],
    step: Float[Tensor, "e 1"],
    count: int,
) -> Float[Tensor, "e n"]:
    """Return the weights after `count` steps of fourth order.

    Args:
        gradient: of each network's loss.
        w: where the flow starts.
        step: length in time; stable up to about 2.78 over the sharpness.
        count: number of steps.
    """
    for _ in range(count):
        a = gradient(w)
        b = gradient(w - step / 2 * a)
        c = gradient(w - step / 2 * b)
        d = gradient(w - step * c)
        w = torch.sub(w, step / 6 * (a + 2 * b + 2 * c + d))
    return w
