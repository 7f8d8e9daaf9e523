"""Π-Nets: networks whose layers are multiplied (Choraria et al., ICLR 2022; here with ReLU factors, no bias).

degree 1   y₁ = σ(A₁x)               f = √(2/m) ⟨c, y₁⟩
degree n   y_{i+1} = y_i ∘ √2 σ(A_{i+1}x)
"""

import torch
from jaxtyping import Float
from torch import Tensor


def init_pi_net(
    degree: int, inputs: int, width: int, ensemble: int, generator: torch.Generator, device="cpu"
) -> list[Tensor]:
    """Draw all weights from N(0, 1): `degree` factors (e, inputs, width), then the head (e, width, 1).

    Raises:
        ValueError: the degree is below one.
    """
    if degree < 1:
        raise ValueError(f"degree must be at least 1, got {degree}")
    shapes = [(ensemble, inputs, width)] * degree + [(ensemble, width, 1)]
    return [torch.randn(s, generator=generator, device=generator.device).to(device) for s in shapes]


def pi_net(weights: list[Tensor], x: Float[Tensor, "e n d"]) -> Float[Tensor, "e n 1"]:
    """Evaluate each network; the scale keeps the output's variance independent of width and degree."""
    *factors, head = weights
    scale = (2.0 ** len(factors) / head.shape[1]) ** 0.5
    y = torch.relu(torch.bmm(x, factors[0]))
    for factor in factors[1:]:
        y = y * torch.relu(torch.bmm(x, factor))
    return scale * torch.bmm(y, head)
