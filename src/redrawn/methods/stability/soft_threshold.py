"""L1-penalised least squares, ‖Aβ − y‖² / 2 + λ ‖β‖₁, by subgradients and by proximal steps (Tibshirani 1996; ISTA)."""

from jaxtyping import Float
from torch import Tensor


def soft_threshold(b: Float[Tensor, "*n"], by: float | Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Return the proximal point of `by` ‖·‖₁: every value nearer to zero by that much, and zero where it is smaller."""
    return b.sign() * (b.abs() - by).clamp(min=0)


def least_squares_gradient(
    b: Float[Tensor, "*e p"], a: Float[Tensor, "*e n p"], y: Float[Tensor, "*e n"]
):
    """Return Aᵀ(Aβ − y), (*e, p)."""
    return (((a @ b[..., None])[..., 0] - y)[..., None, :] @ a)[..., 0, :]


def lasso_objective(b, a, y, penalty) -> Float[Tensor, "*e"]:
    """Return ‖Aβ − y‖² / 2 + λ ‖β‖₁."""
    return ((a @ b[..., None])[..., 0] - y).square().sum(-1) / 2 + penalty * b.abs().sum(-1)


def subgradient_step(b, gradient, penalty, step: float):
    """Return β − η (g + λ sign β), with sign 0 = 0, as automatic differentiation has it."""
    return b - step * (gradient + penalty * b.sign())


def proximal_step(b, gradient, penalty, step: float):
    """Return the soft threshold by ηλ of β − η g."""
    return soft_threshold(b - step * gradient, step * penalty)
