"""A small network for grey pictures: two convolutions with pooling, and two fully connected layers."""

import torch
from torch import nn


def digits_net(side: int, width: int, classes: int, source: torch.Generator) -> nn.Sequential:
    """Return it with He's start drawn from `source`; the last features before the full connections are module 4's.

    Args:
        side: pixels along an edge.
        width: channels of the first convolution, half those of the second.
        classes: number of classes.
        source: a generator on the CPU.
    """
    inner = (side // 4) ** 2 * 2 * width
    network = nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(inner, 8 * width),
        nn.ReLU(),
        nn.Linear(8 * width, classes),
    )
    for layer in network:
        if hasattr(layer, "weight"):
            deviation = (2 / layer.weight[0].numel()) ** 0.5
            layer.weight.data = torch.randn(layer.weight.shape, generator=source) * deviation
            layer.bias.data.zero_()
    return network
