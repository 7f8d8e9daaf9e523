"""A regulariser against the locality of convolutional networks (Razin, Maman, Cohen; ICML 2022, arXiv 2201.11729).

If the output hardly couples two patches P and Q, its gradient with respect to P keeps its direction when Q is
replaced. The regulariser is |cos(∇_P f(x), ∇_P f(x'))|, x' being x with another example's Q.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def patch_alignment(
    network: Callable[[Tensor], Tensor],
    p: Float[Tensor, "b e h w"],
    q: Float[Tensor, "b e h w"],
    join: Callable[[Tensor, Tensor], Tensor],
) -> Float[Tensor, " e"]:
    """Return the regulariser of each network of an ensemble, averaged over the batch; differentiable.

    Args:
        network: from pictures to one output a picture and network, shape (b, e).
        p: patch that is differentiated.
        q: patch that is replaced, by the next example's.
        join: makes pictures of two patches.
    """
    slopes = []
    for other in (q, q.roll(1, 0)):
        patch = p.detach().requires_grad_()
        output = network(join(patch, other)).sum()
        # a graph of the slope too: training descends along the regulariser, a function of it
        (slope,) = torch.autograd.grad(output, patch, create_graph=True)
        slopes.append(slope.flatten(2))
    return torch.cosine_similarity(*slopes, dim=2, eps=1e-12).abs().mean(0)


def init_convolutions(
    channels: list[int], ensemble: int, generator: torch.Generator
) -> list[tuple[Float[Tensor, "e outputs inputs 3 3"], Float[Tensor, "e outputs"]]]:
    """Draw kernels N(0, 2/(9·inputs)) and zero biases of a chain of convolutions, from `channels[0]` to `channels[-1]`.

    Raises:
        ValueError: no channel, or no network.
    """
    if min(ensemble, *channels) < 1:
        raise ValueError(f"needs channels, got {channels} in {ensemble} networks")
    layers = []
    for n, m in pairwise(channels):
        weight = torch.randn((ensemble, m, n, 3, 3), generator=generator) * (2 / (9 * n)) ** 0.5
        layers.append((weight, torch.zeros(ensemble, m)))
    return layers


def ensemble_convolution(
    x: Float[Tensor, "b channels h w"],
    weight: Float[Tensor, "e outputs inputs k k"],
    bias: Float[Tensor, "e outputs"],
    stride: int = 1,
) -> Float[Tensor, "b channels2 h2 w2"]:
    """Convolve with every network's own kernels, channels of network after network, zeros beyond the border."""
    pad = weight.shape[-1] // 2
    return functional.conv2d(
        x, weight.flatten(0, 1), bias.flatten(), stride, pad, groups=len(weight)
    )
