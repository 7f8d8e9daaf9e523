"""ReLU perceptrons side by side, and the gradient of their cross-entropy in closed form.

One slice of each tensor is one network. Inside, samples stand in columns, so that the first layers of all networks on
shared samples are a single product of matrices.
"""

import itertools
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Layers = list[tuple[Float[Tensor, "e out in"], Float[Tensor, "e out"] | None]]


def init_layers(
    widths: Sequence[int],
    networks: int,
    source: torch.Generator,
    *,
    biases: bool = True,
    device: str = "cpu",
) -> Layers:
    """Return weights and biases drawn evenly from ±1/√in, PyTorch's start; biases are None where not wanted."""
    layers = []
    for before, after in itertools.pairwise(widths):
        shapes = [(networks, after, before), (networks, after)][: 1 + biases]
        drawn = [2 * torch.rand(shape, generator=source) - 1 for shape in shapes]
        parts = [(d / before**0.5).to(device) for d in drawn]
        layers.append((parts[0], parts[1] if biases else None))
    return layers


def activations(
    layers: Layers, x: Float[Tensor, "*e n d"], relu_output: bool = False
) -> list[Float[Tensor, "*e m n"]]:
    """Return the samples, every hidden layer's units and the outputs, all with samples in columns."""
    found = [x.mT]
    for i, (weight, bias) in enumerate(layers, 1):
        z = weight @ found[-1]
        if bias is not None:
            z += bias[..., None]
        found.append(z.relu_() if relu_output or i < len(layers) else z)
    return found


def gradient(
    layers: Layers,
    x: Float[Tensor, "*e n d"],
    target: Float[Tensor, "*e n k"],
    relu_output: bool = False,
) -> Layers:
    """Return the gradient of each network's mean cross-entropy (in nats), in the form of `layers`.

    Args:
        layers: weights and biases.
        x: samples, shared by all networks or each one's own.
        target: probabilities of the classes, one-hot for a label, shared or not.
        relu_output: logits pass a ReLU; a logit that is zero then has no gradient.
    """
    *units, logits = activations(layers, x, relu_output)
    signal = logits.softmax(1).sub_(target.mT).div_(x.shape[-2])
    if relu_output:
        signal *= logits > 0
    found = []
    for (weight, bias), h in zip(reversed(layers), reversed(units), strict=True):
        found.append((signal @ h.mT, None if bias is None else signal.sum(-1)))
        if len(found) < len(layers):
            signal = (weight.mT @ signal).mul_(h > 0)
    return found[::-1]


def descend(layers: Layers, slopes: Layers, rate: float) -> None:
    """Take one step of gradient descent in place."""
    for parts, changes in zip(layers, slopes, strict=True):
        for part, change in zip(parts, changes, strict=True):
            if part is not None:
                part.sub_(change, alpha=rate)
