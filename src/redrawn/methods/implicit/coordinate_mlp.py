"""Coordinate networks with ordinary activations: the baselines of Sitzmann et al., NeurIPS 2020, Fig. 1.

Initialisations are those of the authors' code: Kaiming normal for ReLU and softplus, Xavier normal
for tanh; biases U(±1/√n).
"""

import itertools
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from redrawn.methods.implicit.siren import Layer, uniform

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
}


def init_mlp(
    widths: list[int], activation: str, ensemble: int, generator: torch.Generator, device="cpu"
) -> list[Layer]:
    """Draw an ensemble's weights for `activation`.

    Args:
        widths: number of units of each layer, inputs first and outputs last.
        activation: a key of `ACTIVATIONS`.
        ensemble: number of independent networks.
        generator: source of randomness.
        device: where the parameters live.

    Raises:
        ValueError: the activation is not one of `ACTIVATIONS`.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r} is not one of {', '.join(ACTIVATIONS)}")
    layers = []
    for n, m in itertools.pairwise(widths):
        scale = (2 / (n + m)) ** 0.5 if activation == "tanh" else (2 / n) ** 0.5
        draw = torch.randn((ensemble, n, m), generator=generator, device=generator.device)
        bias = uniform((ensemble, 1, m), n**-0.5, generator, device)
        layers.append(((scale * draw).to(device), bias))
    return layers


def mlp(
    layers: list[Layer], x: Float[Tensor, "e n d"], activation: Callable[[Tensor], Tensor]
) -> Float[Tensor, "e n outputs"]:
    """Evaluate each network of the ensemble at its coordinates."""
    for weight, bias in layers[:-1]:
        x = activation(torch.baddbmm(bias, x, weight))
    weight, bias = layers[-1]
    return torch.baddbmm(bias, x, weight)
