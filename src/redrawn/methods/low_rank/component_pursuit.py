"""Principal component pursuit of positive semidefinite matrices by ADMM (Candès, Li, Ma, Wright, 2011)."""

import torch
from jaxtyping import Float
from torch import Tensor


def component_pursuit(
    y: Float[Tensor, "b d d"], weight: Float[Tensor, " b"], steps: int = 500, penalty: float = 1.0
) -> tuple[Float[Tensor, "b d d"], Float[Tensor, "b d d"]]:
    """Minimise tr X + λ‖S‖₁ subject to X + S = Y, X ⪰ 0.

    Args:
        y: symmetric matrices.
        weight: λ.
        steps: iterations of ADMM.
        penalty: weight of the constraint, in units of 1 / mean |Y|.

    Returns:
        X and S.

    Raises:
        ValueError: a weight or penalty that is not positive.
    """
    if (weight <= 0).any() or penalty <= 0:
        raise ValueError("weight and penalty must be positive")
    size = y.abs().mean((1, 2), keepdim=True) / penalty
    threshold = weight[:, None, None] * size
    s, dual = torch.zeros_like(y), torch.zeros_like(y)  # the dual in units of `size`
    for _ in range(steps):
        values, vectors = torch.linalg.eigh(y - s + dual)
        x = (vectors * (values[:, None] - size).clamp_min(0)) @ vectors.mT
        rest = y - x + dual
        s = rest.sign() * (rest.abs() - threshold).clamp_min(0)
        dual = dual + y - x - s
    return x, s
