"""The Gramian of per-example gradients of a perceptron, without its Jacobian (Quinton and Rey, 2024, Sec. 6).

An example's gradient of a layer z = h W + b is the outer product of its input h and its error δ = ∂L/∂z. So

    G_ij = Σ_layers (1 + h_i·h_j) (δ_i·δ_j),   Σ_i w_i g_i = (Hᵀ diag(w) Δ, Σ_i w_i δ_i)

and a batch of m examples costs two m × m products a layer, where the Jacobian has m rows as long as all parameters.
Networks of an ensemble have leading dimension `e`. Hidden units are ELUs, the loss is the cross-entropy in nats.
"""

from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

Layers = list[tuple[Float[Tensor, "e i o"], Float[Tensor, "e 1 o"]]]


def init_perceptron(
    widths: tuple[int, ...], ensemble: int, generator: torch.Generator, device="cpu"
) -> Layers:
    """Draw weights U(±1/√inputs), biases zero.

    Raises:
        ValueError: fewer than two widths.
    """
    if len(widths) < 2:
        raise ValueError(f"needs input and output widths, got {widths}")
    return [
        (
            ((2 * torch.rand((ensemble, i, o), generator=generator) - 1) * i**-0.5).to(device),
            torch.zeros((ensemble, 1, o), device=device),
        )
        for i, o in pairwise(widths)
    ]


def logits(layers: Layers, x: Float[Tensor, "e n i"]) -> Float[Tensor, "e n o"]:
    """Return the outputs."""
    for w, b in layers[:-1]:
        x = functional.elu(x @ w + b)
    return x @ layers[-1][0] + layers[-1][1]


def errors(layers: Layers, x: Float[Tensor, "e n i"], target: Int[Tensor, "e n"]):
    """Run forward and backward; return each layer's inputs and errors, and each example's loss (e, n)."""
    inputs, before = [x], []
    for w, b in layers:
        before.append(inputs[-1] @ w + b)
        inputs.append(functional.elu(before[-1]))
    log_p = before[-1].log_softmax(-1)
    delta = log_p.exp() - functional.one_hot(target, log_p.shape[-1]).to(log_p.dtype)
    deltas = [delta]
    for (w, _), z in zip(layers[:0:-1], before[-2::-1], strict=True):
        delta = (delta @ w.mT) * torch.where(z > 0, 1.0, z.exp())
        deltas.insert(0, delta)
    return inputs[:-1], deltas, -log_p.gather(-1, target[..., None])[..., 0]


def gramian(inputs: list[Tensor], deltas: list[Tensor]) -> Float[Tensor, "e n n"]:
    """Return G of the examples' gradients with respect to all weights and biases."""
    return sum((1 + h @ h.mT) * (d @ d.mT) for h, d in zip(inputs, deltas, strict=True))


def combine(
    inputs: list[Tensor], deltas: list[Tensor], weights: Float[Tensor, "e n"]
) -> list[tuple[Tensor, Tensor]]:
    """Return Σ_i w_i g_i, shaped as the layers."""
    scaled = [weights[..., None] * d for d in deltas]
    return [(h.mT @ d, d.sum(1, keepdim=True)) for h, d in zip(inputs, scaled, strict=True)]
