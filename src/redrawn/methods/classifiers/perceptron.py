"""Perceptrons side by side: one slice of each tensor is one network. Also 1-Lipschitz ones.

A 1-Lipschitz network has orthonormal weights, by Björck's iteration W ← (3 W - W Wᵀ W) / 2, and GroupSort, which sorts
its units in pairs (Anil, Lucas and Grosse, 2019).
"""

import itertools
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Layers = list[tuple[Tensor, Tensor]]


def init_perceptron(
    widths: list[int], networks: int, source: torch.Generator, device: str = "cpu"
) -> Layers:
    """Return weights (e, in, out) by He's start, and biases (e, 1, out) of zero."""
    layers = []
    for before, after in itertools.pairwise(widths):
        weight = torch.randn(networks, before, after, generator=source) * (2 / before) ** 0.5
        layers.append((weight.to(device), torch.zeros(networks, 1, after, device=device)))
    return layers


def perceptron(
    layers: Layers,
    x: Float[Tensor, "e n d"],
    activation: Callable[[Tensor], Tensor] = torch.relu,
) -> Float[Tensor, "e n k"]:
    """Return each network's outputs for its own inputs."""
    for weight, bias in layers[:-1]:
        x = activation(torch.baddbmm(bias, x, weight))
    weight, bias = layers[-1]
    return torch.baddbmm(bias, x, weight)


def group_sort(x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
    """Sort units in pairs: a gradient of norm one everywhere."""
    pairs = x.unflatten(-1, (-1, 2))
    return torch.stack([pairs.amin(-1), pairs.amax(-1)], -1).flatten(-2)


def orthonormal(
    weight: Float[Tensor, "e a b"], steps: int = 12, scale: bool = True
) -> Float[Tensor, "e a b"]:
    """Return the nearest matrices with orthonormal rows or columns, by Björck's iteration.

    Args:
        weight: matrices.
        steps: of the iteration; one or two keep up with training.
        scale: first bring the singular values below one; needless where the largest is known to be below √3.
    """
    tall = weight.shape[1] >= weight.shape[2]
    w = weight if tall else weight.mT
    if scale:
        bound = (w.abs().sum(1).amax(1) * w.abs().sum(2).amax(1)).sqrt()
        frobenius = w.square().sum((1, 2)).sqrt()
        w = w / torch.minimum(bound, frobenius)[:, None, None]
    for _ in range(steps):
        w = 1.5 * w - 0.5 * w @ (w.mT @ w)
    return w if tall else w.mT
