"""SmoothGrad (Smilkov et al., 2017): the mean gradient over noisy copies of a sample.

    M̂(x) = 1/n Σ ∇S(x + N(0, σ²)),   σ = spread · (max x - min x)

It estimates the gradient of the score smoothed by a Gaussian.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.gradient import Score, gradient


def noisy_gradients(
    score: Score,
    x: Float[Tensor, "n ..."],
    spread: float,
    samples: int,
    source: torch.Generator,
    together: int = 1,
) -> Iterator[Float[Tensor, "n ..."]]:
    """Yield the gradient at `samples` noisy copies; the deviation is each sample's range times `spread`.

    `together` copies share a pass, which saves time where samples are small and few.
    """
    flat = x.flatten(1)
    sigma = spread * (flat.amax(1) - flat.amin(1)).view(-1, *[1] * (x.ndim - 1))
    for first in range(0, samples, together):
        count = min(together, samples - first)
        # drawn on the CPU, copy by copy: the same noise on every device, and for any number together
        noise = torch.stack([torch.randn(x.shape, generator=source) for _ in range(count)])
        points = (x + sigma * noise.to(x.device)).flatten(0, 1)
        yield from gradient(score, points).unflatten(0, (count, -1))


def smoothgrad(
    score: Score,
    x: Float[Tensor, "n ..."],
    spread: float,
    samples: int,
    source: torch.Generator,
    squared: bool = False,
    together: int = 1,
) -> Float[Tensor, "n ..."]:
    """Return the mean of the noisy gradients, or of their squares (the default of the authors' library)."""
    total = torch.zeros_like(x)
    for slope in noisy_gradients(score, x, spread, samples, source, together):
        total += slope.square() if squared else slope
    return total / samples
