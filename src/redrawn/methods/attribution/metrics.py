"""What a map is worth: insertion, deletion, pixel perturbation, infidelity, localisation, roughness.

A map ranks the pixels of each sample; samples are judged side by side.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from redrawn.methods.attribution.gradient import Score


def _ranks(maps: Float[Tensor, "n h w"]) -> Int[Tensor, "n 1 h w"]:
    """Return each pixel's rank, the largest value's being zero."""
    order = maps.flatten(1).argsort(dim=1, descending=True, stable=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).view(len(maps), 1, *maps.shape[1:])


@torch.no_grad()
def replacement_curve(
    score: Score,
    start: Float[Tensor, "n c h w"],
    end: Float[Tensor, "n c h w"],
    maps: Float[Tensor, "n h w"],
    steps: int,
    ends: tuple[Float[Tensor, " n"], Float[Tensor, " n"]] | None = None,
) -> Float[Tensor, "n s"]:
    """Return the score before and after each step, while pixels of `start` are replaced by those of `end`.

    Args:
        score: one number a sample.
        start: pictures before.
        end: pictures after all steps.
        maps: the largest values' pixels go first.
        steps: that replace all pixels, in equal parts.
        ends: the scores of `start` and `end`, where they are known: they are the same for all maps.
    """
    rank, pixels = _ranks(maps), maps[0].numel()
    shares = [j * pixels / steps for j in range(1, steps)]
    between = [score(torch.where(rank < share, end, start)) for share in shares]
    before, after = (score(start), score(end)) if ends is None else ends
    return torch.stack([before, *between, after], 1)


def area(curve: Float[Tensor, "n s"]) -> Float[Tensor, " n"]:
    """Return the mean height of a curve with equal steps, by the trapezoidal rule."""
    return torch.trapezoid(curve, dim=1) / (curve.shape[1] - 1)


def insertion(score: Score, x, empty, maps, steps: int, ends=None) -> Float[Tensor, " n"]:
    """Return the area while x appears in an empty picture (Petsiuk et al., 2018); larger is better."""
    return area(replacement_curve(score, empty, x, maps, steps, ends))


def deletion(score: Score, x, empty, maps, steps: int) -> Float[Tensor, " n"]:
    """Return the area while x disappears; smaller is better."""
    return area(replacement_curve(score, x, empty, maps, steps))


@torch.no_grad()
def pixel_perturbation(
    score: Score,
    x: Float[Tensor, "n c h w"],
    empty: Tensor,
    maps: Float[Tensor, "n h w"],
    shares: Sequence[float],
) -> Float[Tensor, "n s"]:
    """Return |change of score| over the score when shares of *least* salient pixels are emptied (Srinivas and Fleuret, 2019)."""
    rank, pixels, before = _ranks(maps), maps[0].numel(), score(x)
    after = [score(torch.where(rank >= (1 - share) * pixels, empty, x)) for share in shares]
    return torch.stack([(each - before).abs() / before.abs() for each in after], 1)


@torch.no_grad()
def infidelity(
    score: Score,
    x: Float[Tensor, "n ..."],
    maps: Float[Tensor, "n ..."],
    noise: Float[Tensor, "k n ..."],
) -> Float[Tensor, " n"]:
    """Return the mean of (Iᵀφ - (f(x) - f(x - I)))² over k perturbations I of every input (Yeh et al., 2019)."""
    before, total = score(x), 0.0
    for one in noise:
        predicted = (one * maps).flatten(1).sum(1)
        total = total + (predicted - (before - score(x - one))).square()
    return total / len(noise)


def localisation(
    importance: Float[Tensor, "... d"], region: Bool[Tensor, "... d"], share: float
) -> Float[Tensor, "..."]:
    """Return how many of the share of most important coordinates lie in a region."""
    count = max(1, round(share * importance.shape[-1]))
    top = importance.topk(count, dim=-1).indices
    return region.gather(-1, top).float().mean(-1)


def roughness(maps: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    """Return the total variation of the absolute map over its sum: a map's grain, whatever its scale."""
    size = maps.abs()
    variation = size.diff(dim=1).abs().sum((1, 2)) + size.diff(dim=2).abs().sum((1, 2))
    return variation / size.sum((1, 2))
