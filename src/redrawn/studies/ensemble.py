"""Training an ensemble of small networks side by side: what most studies share."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from redrawn.methods.adam import Adam


def generator(seed: int) -> torch.Generator:
    """Return a generator for a run's seed; replicates are drawn from it one after another."""
    return torch.Generator().manual_seed(1000 * seed + 1)


def train(
    parameters: list[Tensor],
    loss: Callable[[], Tensor],
    steps: int,
    learning_rate: float,
    *,
    final_share: float = 1.0,
    weight_decay: float = 0.0,
) -> np.ndarray:
    """Minimise each network's own loss by Adam.

    Args:
        parameters: leading dimension `e`, one slice a network.
        loss: returns the loss of each network, shape (e,).
        steps: number of steps.
        learning_rate: Adam's, the same for all.
        final_share: the learning rate falls exponentially to this share of its start.
        weight_decay: Adam's.

    Returns:
        Losses before each step, shape (steps, e).
    """
    for p in parameters:
        p.requires_grad_()
    optimiser = Adam(parameters, weight_decay=weight_decay)
    history = []
    for _ in range(steps):
        each = loss()
        # networks share no parameter: the sum's gradient is each one's own
        gradients = torch.autograd.grad(each.sum(), parameters, materialize_grads=True)
        optimiser.step(gradients, learning_rate)
        learning_rate *= final_share ** (1 / steps)
        history.append(each.detach())
    return torch.stack(history).cpu().numpy()


def leaves(layers) -> list[Tensor]:
    """Return all weights and biases of a list of layers."""
    return [p for layer in layers for p in layer]


def copies(parameter: Tensor, count: int) -> Tensor:
    """Return the ensemble `count` times over, along the first dimension."""
    return parameter.repeat(count, *[1] * (parameter.ndim - 1))


def flatten(layers) -> tuple[Tensor, list[torch.Size]]:
    """Return each network's weights and biases as one row, shape (e, n), and the shapes to `unflatten` it by."""
    parts = leaves(layers)
    return torch.cat([p.flatten(1) for p in parts], 1), [p.shape[1:] for p in parts]


def unflatten(flat: Tensor, shapes: list[torch.Size]) -> list[tuple[Tensor, Tensor]]:
    """Undo `flatten`: return the weights and biases of each layer."""
    rows = flat.split([s.numel() for s in shapes], 1)
    parts = [p.unflatten(1, s) for p, s in zip(rows, shapes, strict=True)]
    return list(zip(parts[::2], parts[1::2], strict=True))


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return each network's mean cross-entropy in nats, (e,), from logits (e, n, k) and labels (e, n)."""
    return -logits.log_softmax(-1).gather(-1, labels[..., None]).mean((1, 2))
