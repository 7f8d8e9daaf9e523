"""Low rank plus sparse, both over-parameterised (You, Zhu, Qu, Ma; NeurIPS 2020, arXiv 2006.08857).

    f(U, g, h) = ¼‖UUᵀ + g∘g - h∘h - Y‖²,  step τ for U and ατ for g and h

From a small start the flow solves min tr X + λ‖S‖₁ with X + S = Y, X ⪰ 0 and λ = 1/α.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def discrepant_descent(
    y: Float[Tensor, "b d d"],
    ratio: Float[Tensor, " b"],
    rate: Float[Tensor, " b"],
    scale: float | Float[Tensor, " b"],
    steps: int,
) -> tuple[Float[Tensor, "b d d"], Float[Tensor, "b d d"]]:
    """Descend on f from a start of size `scale` and return UUᵀ and g∘g - h∘h.

    Args:
        y: observed symmetric matrices.
        ratio: α, the learning rate of g and h over that of U.
        rate: τ, the learning rate of U.
        scale: γ of the start, U = γI and g = h = γ, one for all or one each. A start of U that is larger than that of g and h, as independent
            normal entries make it, shifts λ upwards by the ratio of their logarithms.
        steps: number of steps.

    Raises:
        ValueError: a ratio or rate that is not positive.
    """
    if (ratio <= 0).any() or (rate <= 0).any():
        raise ValueError("ratio and rate must be positive")
    size = torch.as_tensor(scale, dtype=y.dtype).expand(len(y))[:, None, None]
    u = size * torch.eye(y.shape[-1], dtype=y.dtype)
    g, h = (size * torch.ones_like(y) for _ in range(2))
    slow, fast = rate[:, None, None].to(y), (ratio * rate)[:, None, None].to(y)
    for _ in range(
        steps
    ):  # in place where it can be: matrices are small, and new ones take the time
        residual = torch.baddbmm(y, u, u.mT, beta=-1).addcmul_(g, g).addcmul_(h, h, value=-1)
        u = torch.baddbmm(u, residual * slow, u, alpha=-1)
        residual *= fast
        g.addcmul_(residual, g, value=-1)
        h.addcmul_(residual, h)
    return u @ u.mT, g.square() - h.square()
