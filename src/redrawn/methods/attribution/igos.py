"""I-GOS (Qi, Khorram and Li, AAAI 2020): the smallest mask that takes a score away, by descent along integrated gradients.

    min_M  p(x ⊙ up(M) + x̃ ⊙ (1 - up(M))) + λ₁ mean|1 - M| + λ₂ TV(M),   M ∈ [0, 1],

x̃ a blurred x. The data term's gradient is averaged over the masks (j/n) M, which sees past the plateau at M = 1; the step
length is Armijo's.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.gradient import Score, gradient

Mask = Float[Tensor, "n 1 r r"]


def masked(x: Tensor, blurred: Tensor, mask: Mask) -> Tensor:
    """Keep x where the enlarged mask is one, its blurred copy where it is zero."""
    large = F.interpolate(mask, x.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(blurred, x, large)


def penalties(mask: Mask, area: float, variation: float) -> Float[Tensor, " n"]:
    """Return λ₁ mean|1 - M| + λ₂ (mean squared differences along both axes)."""
    rough = mask.diff(dim=2).square().mean((1, 2, 3)) + mask.diff(dim=3).square().mean((1, 2, 3))
    return area * (1 - mask).abs().mean((1, 2, 3)) + variation * rough


def igos(
    score: Score,
    x: Float[Tensor, "n c h w"],
    blurred: Float[Tensor, "n c h w"],
    resolution: int,
    iterations: int = 15,
    points: int = 20,
    area: float = 1.0,
    variation: float = 20.0,
    noise: float = 0.2,
    source: torch.Generator | None = None,
    first_step: float = 200.0,
) -> tuple[Mask, Float[Tensor, " n"]]:
    """Return the mask (one keeps) and its objective.

    Args:
        score: a probability, one a sample.
        x: samples.
        blurred: their blurred copies.
        resolution: pixels along an edge of the mask.
        iterations: descent steps.
        points: masks on the path from zero to M; one is the plain gradient.
        area: λ₁.
        variation: λ₂.
        noise: standard deviation added to the pixels on the path, in units of x; none without a source.
        source: of the noise.
        first_step: the line search starts from it and shrinks by five, until Armijo's condition holds or 1e-5 is reached.
    """

    def objective(mask):
        return score(masked(x, blurred, mask)) + penalties(mask, area, variation)

    def data(mask):
        point = masked(x, blurred, mask)
        if source is not None:
            point = point + noise * torch.randn(x.shape, generator=source).to(x)
        return score(point)

    def column(values):
        return values.view(-1, 1, 1, 1)

    mask = torch.ones(len(x), 1, resolution, resolution, device=x.device)
    value = objective(mask).detach()
    for _ in range(iterations):
        slope = gradient(lambda m: penalties(m, area, variation), mask)
        for j in range(1, points + 1):
            slope += gradient(lambda m, j=j: data(m * (j / points)), mask) / points
        length = torch.full_like(value, first_step)
        size = slope.square().sum((1, 2, 3))
        open_ = torch.ones_like(value, dtype=torch.bool)
        while open_.any():
            tried = (mask - column(length) * slope).clamp(0, 1)
            with torch.no_grad():
                found = objective(tried)
            good = open_ & (found <= value - 1e-4 * length * size)
            mask = torch.where(column(good), tried, mask)
            value = torch.where(good, found, value)
            length = torch.where(good, length, length / 5)
            open_ = open_ & ~good & (length > 1e-5)
    return mask.detach(), value
