"""Class images (Simonyan, Vedaldi and Zisserman, 2013, Sec. 2): the picture a class scores highest, argmax S_c(I) - λ‖I‖²."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def class_images(
    network: nn.Module,
    labels: Int[Tensor, "n"],
    side: int,
    steps: int,
    learning_rate: float,
    decay: float,
    objective: Literal["score", "posterior"] = "score",
) -> Float[Tensor, "n 3 side side"]:
    """Climb from the mean picture, which is zero to the network.

    Args:
        network: returns scores (n, classes).
        labels: a class for each picture.
        side: pixels along an edge.
        steps: of Adam, whose steps have one size whatever the objective's scale.
        learning_rate: in the units of the network's input.
        decay: λ, per squared unit.
        objective: the unnormalised score S_c as the authors do, or the log-posterior log softmax S_c.
    """
    images = torch.zeros(len(labels), 3, side, side, device=labels.device, requires_grad=True)
    adam = torch.optim.Adam([images], lr=learning_rate)
    for _ in range(steps):
        outputs = network(images)
        outputs = outputs if objective == "score" else outputs.log_softmax(1)
        chosen = outputs.gather(1, labels[:, None]).sum()
        (images.grad,) = torch.autograd.grad(decay * images.square().sum() - chosen, images)
        adam.step()
    return images.detach()
