"""SIREN: a coordinate network with sine activations (Sitzmann et al., NeurIPS 2020).

    Φ(x) = W_L φ_{L-1} + b_L,   φ_i = sin(ω₀ (W_i φ_{i-1} + b_i)),   φ_0 = x     (eq. 4)

Parameters are those of an ensemble of `e` independent networks, so that seeds train side by side.
"""

import itertools
import math

import torch
from jaxtyping import Float
from torch import Tensor

Layer = tuple[Float[Tensor, "e inputs outputs"], Float[Tensor, "e 1 outputs"]]


def uniform(shape, bound: float, generator: torch.Generator, device="cpu") -> Tensor:
    """Draw from U(-bound, bound) on the generator's device and move to `device`."""
    draw = torch.rand(shape, generator=generator, device=generator.device)
    return ((2 * draw - 1) * bound).to(device)


def init_siren(
    widths: list[int],
    ensemble: int,
    generator: torch.Generator,
    omega0: float = 30.0,
    device="cpu",
) -> list[Layer]:
    """Draw the paper's initialisation (Sec. 3.2): first weights U(±1/n), others U(±√(6/n)/ω₀).

    Biases are U(±1/√n), as in the authors' code; n is the number of a layer's inputs.

    Args:
        widths: number of units of each layer, inputs first and outputs last.
        ensemble: number of independent networks.
        generator: source of randomness.
        omega0: frequency ω₀, in radians per unit of pre-activation.
        device: where the parameters live.

    Raises:
        ValueError: fewer than two widths.
    """
    if len(widths) < 2:
        raise ValueError(f"a network needs inputs and outputs, got widths {widths}")
    layers = []
    for i, (n, m) in enumerate(itertools.pairwise(widths)):
        bound = 1 / n if i == 0 else math.sqrt(6 / n) / omega0
        weight = uniform((ensemble, n, m), bound, generator, device)
        layers.append((weight, uniform((ensemble, 1, m), n**-0.5, generator, device)))
    return layers


def siren(
    layers: list[Layer], x: Float[Tensor, "e n d"], omega0: float = 30.0
) -> Float[Tensor, "e n outputs"]:
    """Evaluate Φ at the coordinates `x` of each network (eq. 4)."""
    for weight, bias in layers[:-1]:
        x = torch.sin(omega0 * torch.baddbmm(bias, x, weight))
    weight, bias = layers[-1]
    return torch.baddbmm(bias, x, weight)


def pre_activations(
    layers: list[Layer], x: Float[Tensor, "e n d"], omega0: float = 30.0
) -> list[Float[Tensor, "e n m"]]:
    """Return the argument of every sine, ω₀(Wx + b), first layer first (Theorem 1.8 of the supplement)."""
    found = []
    for weight, bias in layers[:-1]:
        found.append(omega0 * torch.baddbmm(bias, x, weight))
        x = torch.sin(found[-1])
    return found
