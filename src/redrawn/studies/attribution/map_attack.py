"""An attack on a map: small moves of a picture after which other pixels are the largest (Ghorbani et al., 2019)."""

import torch
from torch import Tensor

from redrawn.methods.attribution.gradient import Score
from redrawn.methods.attribution.moreaugrad import noisy_copies
from redrawn.studies.ensemble import generator

KEPT = 0.4


def top(maps: Tensor) -> Tensor:
    """Mark each map's largest 40 % of the pixels that are not zero."""
    size = maps.abs()
    count = (KEPT * (size > 0).sum(-1, keepdim=True)).round()
    return size.argsort(-1, descending=True).argsort(-1) < count


def attack(
    score: Score,
    x: Tensor,
    at: Tensor,
    maps: Tensor,
    radius: float,
    noise: float,
    samples: int,
    seed: int,
) -> Tensor:
    """Return pictures moved so that the largest pixels of their maps are no longer so.

    Ten steps of sign and size radius / 100 lower those pixels' share of |∂S/∂x|.

    Args:
        score: twice differentiable; with noise, of a multiple of the pictures.
        x: pictures, coordinates along the last dimension.
        at: where the score's gradient is taken; it moves alike, its shift from x held fixed.
        maps: of the pictures.
        radius: of the Euclidean ball around each.
        noise: deviation of the Gaussian that the gradient is smoothed by, none where zero.
        samples: noisy copies.
        seed: of the noise.
    """
    marked, moved, source = top(maps), torch.zeros_like(x), generator(seed)
    for _ in range(10):
        centre = (at + moved).requires_grad_()
        points = noisy_copies(centre, noise, samples, source) if noise else centre
        (slope,) = torch.autograd.grad(score(points).sum(), points, create_graph=True)
        size = slope.abs().unflatten(-2, (-1, x.shape[-2]))  # (…, copies, n, d)
        share = (size * marked.unsqueeze(-3)).sum(-1) / size.sum(-1)
        (rise,) = torch.autograd.grad(share.sum(), centre)
        moved = moved - radius / 100 * rise.sign()
        moved = moved * (radius / moved.norm(dim=-1, keepdim=True).clamp_min(radius))
    return x + moved
