"""Class images (Simonyan, Vedaldi and Zisserman, 2013, Sec. 2): the picture a class scores highest, argmax S_c(I) - λ‖I‖²."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def class_images(
    network: nn.Module,
    labels: Int[Tensor, " n"],
    side: int,
    steps: int,
    length: float,
    decay: float,
    objective: Literal["score", "posterior"] = "score",
) -> Float[Tensor, "n 3 side side"]:
    """Climb from the mean picture, which is zero to the network.

    Args:
        network: returns scores (n, classes).
        labels: a class for each picture.
        side: pixels along an edge.
        steps: along the gradient, of a length that falls to zero.
        length: of the first step, as the root mean square over a picture, in the units of the network's input.
        decay: λ, per squared unit.
        objective: the unnormalised score S_c as the authors do, or the log-posterior log softmax S_c.
    """
    images = torch.zeros(len(labels), 3, side, side, device=labels.device)
    for step in range(steps):
        point = images.requires_grad_()
        outputs = network(point)
        outputs = outputs if objective == "score" else outputs.log_softmax(1)
        value = outputs.gather(1, labels[:, None]).sum() - decay * point.square().sum()
        (slope,) = torch.autograd.grad(value, point)
        size = slope.square().mean((1, 2, 3), keepdim=True).sqrt().clamp_min(1e-12)
        images = images.detach() + length * (1 - step / steps) * slope / size
    return images
