"""A small LeNet with one shared trunk and one head a task, as multi-task papers use it on overlaid digits.

    5 × 5 convolution of stride 2, 3 × 3 convolution, pool, shared layer of 50 units; per task 50 units and 10 logits

Networks of an ensemble run side by side: parameters have leading dimension `e`, and dense layers are batched. Convolutions go
network by network, which on a processor is three times as fast as grouped ones.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

CHANNELS, UNITS, CLASSES = (10, 20), 50, 10


def _after_pool(side: int) -> int:
    return ((side - 3) // 2 - 2) // 2


def init_lenet(
    side: int, tasks: int, ensemble: int, generator: torch.Generator
) -> tuple[list[Tensor], list[list[Tensor]]]:
    """Draw all parameters U(±1/√inputs), torch's default: those of the trunk, and those of each head.

    Args:
        side: pixels along the edge of an image.
        tasks: number of heads.
        ensemble: number of networks.
        generator: source of randomness.

    Raises:
        ValueError: images too small for two convolutions and a pool.
    """
    if _after_pool(side) < 1:
        raise ValueError(f"images of {side} pixels are too small")

    def draw(*shape, inputs):
        return (2 * torch.rand((ensemble, *shape), generator=generator) - 1) * inputs**-0.5

    def layer(*shape, inputs):
        return [draw(*shape, inputs=inputs), draw(shape[-1], inputs=inputs)]

    a, b = CHANNELS
    flat = b * _after_pool(side) ** 2
    trunk = [draw(a, 1, 5, 5, inputs=25), draw(a, inputs=25),
             draw(b, a, 3, 3, inputs=9 * a), draw(b, inputs=9 * a), *layer(flat, UNITS, inputs=flat)]  # fmt: skip
    heads = [
        layer(UNITS, UNITS, inputs=UNITS) + layer(UNITS, CLASSES, inputs=UNITS)
        for _ in range(tasks)
    ]
    return trunk, heads


def lenet(
    trunk: list[Tensor], heads: list[list[Tensor]], images: Float[Tensor, "e n s s"]
) -> list[Float[Tensor, "e n k"]]:
    """Return the logits of every task."""
    features = []
    for image, *layers in zip(images[:, :, None], *trunk[:4], strict=True):
        x = functional.conv2d(image, *layers[:2], stride=2).relu()
        x = functional.max_pool2d(functional.conv2d(x, *layers[2:]).relu(), 2)
        features.append(x.flatten(1))
    x = torch.stack(features)
    x = (x @ trunk[4] + trunk[5][:, None]).relu()
    found = []
    for w1, b1, w2, b2 in heads:
        found.append((x @ w1 + b1[:, None]).relu() @ w2 + b2[:, None])
    return found
