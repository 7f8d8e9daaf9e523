"""Recurrent networks side by side that answer at the end of a sequence, with backpropagation through time.

x_t = tanh(x_{t-1}) W + u_t U + b from x₀ = 0, scores tanh(x_T) V + c (Pascanu et al., Eq. 2, in rows). The pass back is
written out, since the Jacobian term needs ∂E/∂x_t at every time.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Weights(NamedTuple):
    """Parameters of e networks of n units, d inputs and k classes."""

    recurrent: Float[Tensor, "e n n"]
    inward: Float[Tensor, "e d n"]
    bias: Float[Tensor, "e 1 n"]
    outward: Float[Tensor, "e n k"]
    offset: Float[Tensor, "e 1 k"]


class Errors(NamedTuple):
    """∂E/∂x_t of the mean cross-entropy, and tanh′ at x_t, for t = 1 … T."""

    along: Float[Tensor, "t e b n"]
    slope: Float[Tensor, "t e b n"]


def initial(
    units: int, inputs: int, classes: int, networks: int, source: torch.Generator,
    nonzero: int = 15, radius: float = 0.95, scale: float = 0.01,
) -> Weights:  # fmt: skip
    """Draw the sparse start of the paper's supplement (`smart tanh`).

    Args:
        units: n.
        inputs: d.
        classes: k.
        networks: e.
        source: of random numbers, on the CPU.
        nonzero: recurrent weights into every unit.
        radius: spectral radius that they are scaled to.
        scale: standard deviation of the other weights.
    """
    keep = torch.rand(networks, units, units, generator=source).argsort(1) < nonzero
    recurrent = torch.randn(networks, units, units, generator=source) * keep
    largest = torch.linalg.eigvals(recurrent).abs().amax(1)
    recurrent = recurrent * (radius / largest)[:, None, None]
    inward = scale * torch.randn(networks, inputs, units, generator=source)
    outward = scale * torch.randn(networks, units, classes, generator=source)
    zeros = recurrent.new_zeros(networks, 1, units + classes)
    return Weights(recurrent, inward, zeros[..., :units], outward, zeros[..., units:])


def forward(
    weights: Weights, inputs: Float[Tensor, "t e b d"]
) -> tuple[Float[Tensor, "t e b n"], Float[Tensor, "e b k"]]:
    """Return tanh(x_t) for t = 1 … T, and the scores at the end."""
    fed = inputs @ weights.inward + weights.bias
    active = torch.empty_like(fed)
    torch.tanh(fed[0], out=active[0])
    for t in range(1, len(fed)):
        torch.tanh(torch.baddbmm(fed[t], active[t - 1], weights.recurrent), out=active[t])
    return active, torch.baddbmm(weights.offset, active[-1], weights.outward)


def backward(
    weights: Weights, inputs: Float[Tensor, "t e b d"], classes: Int[Tensor, "e b"]
) -> tuple[Float[Tensor, " e"], Weights, Errors]:
    """Return each network's mean cross-entropy in nats, its gradient, and what the Jacobian term is made of."""
    active, scores = forward(weights, inputs)
    logs = scores.log_softmax(-1)
    loss = -logs.gather(-1, classes[..., None]).mean((1, 2))
    push = logs.exp()
    push.scatter_add_(-1, classes[..., None], -torch.ones_like(push[..., :1]))
    push = push / classes.shape[1]
    slope = 1 - active.square()
    along = torch.empty_like(active)
    along[-1] = push @ weights.outward.mT * slope[-1]
    back = weights.recurrent.mT
    for t in range(len(active) - 2, -1, -1):
        torch.mul(torch.bmm(along[t + 1], back), slope[t], out=along[t])
    gradient = Weights(
        _summed(active[:-1], along[1:]),
        _summed(inputs, along),
        along.sum((0, 2))[:, None],
        active[-1].mT @ push,
        push.sum(1, keepdim=True),
    )
    return loss, gradient, Errors(along, slope)


def _summed(left: Float[Tensor, "t e b p"], right: Float[Tensor, "t e b q"]):
    """Return Σ_t leftᵀ right of every network, (e, p, q), by one product."""
    rows = (part.movedim(1, 0).flatten(1, 2) for part in (left, right))
    a, b = rows
    return a.mT @ b
