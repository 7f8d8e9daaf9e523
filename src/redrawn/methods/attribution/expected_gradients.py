"""Expected gradients (Erion et al., Nature Machine Intelligence 2021): integrated gradients over a background.

    EG_i(x) = E_{x' ~ D, α ~ U(0, 1)} [(x_i - x'_i) ∂_i F(x' + α(x - x'))]

One draw a step is enough while a network is trained: the attributions can be part of its loss, an *attribution prior*.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.attribution.gradient import Score


def expected_gradients(
    score: Score,
    x: Float[Tensor, "... d"],
    references: Float[Tensor, "k ... d"],
    shares: Float[Tensor, "k ..."],
    differentiable: bool = False,
) -> Float[Tensor, "... d"]:
    """Return the mean over k draws.

    Args:
        score: one number a sample.
        x: samples along the leading dimensions, coordinates along the last.
        references: x', k draws for each sample.
        shares: α, uniform in (0, 1).
        differentiable: keep the graph, so that a loss may contain the result.
    """
    total = torch.zeros_like(x)
    for reference, share in zip(references, shares, strict=True):
        point = torch.lerp(reference, x, share[..., None]).detach().requires_grad_()
        (slope,) = torch.autograd.grad(score(point).sum(), point, create_graph=differentiable)
        total = total + (x - reference) * slope
    return total / len(references)
