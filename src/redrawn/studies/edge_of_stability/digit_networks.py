"""Perceptrons on digits as rows of parameters, for batches' curvature and the steps it allows."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods.classifiers import init_perceptron, perceptron
from redrawn.studies.ensemble import cross_entropy, flatten, unflatten


def digits(
    count: int, side: int, source: torch.Generator, device: str
) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
    """Return so many pictures as rows of pixels, and their digits."""
    images, labels = mnist(side)
    chosen = torch.randperm(len(labels), generator=source)[:count]
    x = torch.from_numpy(images).flatten(1)[chosen]
    return x.to(device), torch.from_numpy(labels)[chosen].to(device)


def networks(
    count: int, side: int, width: int, source: torch.Generator, device: str
) -> tuple[Float[Tensor, "e n"], list[torch.Size]]:
    """Return parameters of networks with one hidden layer, and their shapes."""
    flat, shapes = flatten(init_perceptron([side**2, width, 10], count, source, device))
    return flat.double(), shapes


def losses(
    flat: Float[Tensor, "e n"],
    shapes: list[torch.Size],
    x: Float[Tensor, "e b d"],
    y: Int[Tensor, "e b"],
) -> Float[Tensor, " e"]:
    """Return each network's cross-entropy, in nats."""
    return cross_entropy(perceptron(unflatten(flat, shapes), x), y)
