"""The gradient of a score, and the maps nearest to it (Simonyan, Vedaldi and Zisserman, 2013, Sec. 3).

A *score* takes samples (n, …) and returns one number for each, (n,); samples do not act on each other.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Score = Callable[[Tensor], Tensor]


def class_score(network: nn.Module, labels: Tensor, probability: bool = False) -> Score:
    """Return the score of each sample's own class.

    Args:
        network: returns scores (n, classes).
        labels: a class for each sample, (n,); for a multiple of n samples they repeat.
        probability: the softmax rather than the unnormalised score.
    """

    def score(x: Tensor) -> Tensor:
        outputs = network(x)
        outputs = outputs.softmax(1) if probability else outputs
        chosen = labels.repeat(len(x) // len(labels))
        return outputs.gather(1, chosen[:, None])[:, 0]

    return score


def score_and_gradient(score: Score, x: Float[Tensor, "n ..."]) -> tuple[Tensor, Tensor]:
    """Return each sample's score (n,) and its gradient (n, …)."""
    point = x.detach().requires_grad_()
    values = score(point)
    (slope,) = torch.autograd.grad(values.sum(), point)
    return values.detach(), slope


def gradient(score: Score, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n ..."]:
    """Return ∂S/∂x."""
    return score_and_gradient(score, x)[1]


def gradient_times_input(
    score: Score, x: Float[Tensor, "n ..."], baseline: Float[Tensor, "n ..."] | float = 0.0
) -> Float[Tensor, "n ..."]:
    """Return (x - x') ∂S/∂x: the first-order share of each coordinate in the change from the baseline."""
    return (x - baseline) * gradient(score, x)


def saliency(score: Score, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n h w"]:
    """Return Simonyan et al.'s map: the largest of the channels' |∂S/∂x|."""
    return gradient(score, x).abs().amax(1)
