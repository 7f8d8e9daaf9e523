"""An attack on a map: small moves of a picture after which other pixels are the largest (Ghorbani et al., 2019)."""

import torch
from torch import Tensor

from redrawn.methods.attribution.gradient import Score
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
        score: twice differentiable.
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
        total = torch.zeros_like(x)
        for _ in range(samples if noise else 1):
            jitter = noise * torch.randn(x.shape, generator=source).to(x) if noise else 0.0
            point = (at + moved + jitter).requires_grad_()
            (slope,) = torch.autograd.grad(score(point).sum(), point, create_graph=True)
            share = (slope.abs() * marked).sum(-1) / slope.abs().sum(-1)
            total = total + torch.autograd.grad(share.sum(), point)[0]
        moved = moved - radius / 100 * total.sign()
        moved = moved * (radius / moved.norm(dim=-1, keepdim=True).clamp_min(radius))
    return x + moved
