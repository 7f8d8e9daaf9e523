"""Low rank plus sparse, both over-parameterised (You, Zhu, Qu, Ma; NeurIPS 2020, arXiv 2006.08857).

    f(U, g, h) = ¼‖UUᵀ + g∘g - h∘h - Y‖²,  step τ for U and ατ for g and h

From a small start the flow solves min tr X + λ‖S‖₁ with X + S = Y, X ⪰ 0 and λ = 1/α.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def discrepant_descent(
    y: Float[Tensor, "b d d"],
    ratio: Float[Tensor, "b"],
    rate: Float[Tensor, "b"],
    scale: float,
    steps: int,
) -> tuple[Float[Tensor, "b d d"], Float[Tensor, "b d d"]]:
    """Descend on f from a start of size `scale` and return UUᵀ and g∘g - h∘h.

    Args:
        y: observed symmetric matrices.
        ratio: α, the learning rate of g and h over that of U.
        rate: τ, the learning rate of U.
        scale: γ of the start, U = γI and g = h = γ. A start of U that is larger than that of g and h, as independent
            normal entries make it, shifts λ upwards by the ratio of their logarithms.
        steps: number of steps.

    Raises:
        ValueError: a ratio or rate that is not positive.
    """
    if (ratio <= 0).any() or (rate <= 0).any():
        raise ValueError("ratio and rate must be positive")
    u = (scale * torch.eye(y.shape[-1], dtype=y.dtype)).expand(y.shape)
    g, h = torch.full_like(y, scale), torch.full_like(y, scale)
    slow, fast = rate[:, None, None], (ratio * rate)[:, None, None]
    for _ in range(steps):
        residual = u @ u.mT + g.square() - h.square() - y
        u = u - slow * (residual @ u)
        g, h = g - fast * residual * g, h + fast * residual * h
    return u @ u.mT, g.square() - h.square()
