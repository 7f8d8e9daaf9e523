"""TrAct: a first layer whose update moves pre-activations as gradient descent would (Petersen et al., NeurIPS 2024).

ΔW* = argmin ‖−η b G − ΔW x‖² + λ b ‖ΔW‖² = −η G xᵀ (x xᵀ / b + λ I)⁻¹      (Lemma 1, Eqs. 8 to 12)

x holds b inputs as columns, G the gradient with respect to z = W x of a loss that is a mean over them. The forward
pass is unchanged; whichever optimizer follows sees G xᵀ (x xᵀ / b + λ I)⁻¹ for the plain gradient G xᵀ.
"""

import torch
from jaxtyping import Float
from torch import Tensor


class _TrAct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, ridge):
        ctx.save_for_backward(x)
        ctx.ridge = ridge
        return x @ weight

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return None, tract_gradient(x, gradient, ctx.ridge), None


def tract_gradient(
    x: Float[Tensor, "*e b n"], gradient: Float[Tensor, "*e b h"], ridge: float
) -> Float[Tensor, "*e n h"]:
    """Return what replaces the gradient of a weight matrix (n, h), rows of x being inputs.

    Args:
        x: b inputs, or all patches of them for a convolution.
        gradient: of the loss with respect to x @ weight.
        ridge: λ.

    Raises:
        ValueError: λ is not positive.
    """
    if ridge <= 0:
        raise ValueError(f"ridge must be positive, got {ridge}")
    eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(x.mT @ x / x.shape[-2] + ridge * eye, x.mT @ gradient)


def tract_linear(
    x: Float[Tensor, "*e b n"], weight: Float[Tensor, "*e n h"], ridge: float = 0.1
) -> Float[Tensor, "*e b h"]:
    """Return x @ weight; backward gives the weight TrAct's gradient, and x, which is data, none."""
    return _TrAct.apply(x, weight, ridge)
