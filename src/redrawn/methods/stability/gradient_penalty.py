"""The gradient of the penalty ‖∇L‖² / 2, exact and by finite differences (Karakida, Takase, Hayase and Osawa, ICML 2023).

Forward differences ascend first, ΔR = (∇L(θ + ε∇L) − ∇L(θ)) / ε; a negative ε gives backward ones; double backpropagation
is the limit of ε = 0. A step is θ − η (∇L + γ ΔR).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Gradient = Callable[[Float[Tensor, "*n"]], Float[Tensor, "*n"]]


def difference(gradient: Gradient, w: Float[Tensor, "*n"], ascent: float):
    """Return (∇L, ΔR) at a cost of two gradients.

    Args:
        gradient: of a loss, or of each of several along the first dimension.
        w: parameters.
        ascent: ε, not zero; negative for backward differences.
    """
    here = gradient(w)
    return here, (gradient(w + ascent * here) - here) / ascent


def double_backpropagation(loss: Callable[[Tensor], Tensor], w: Float[Tensor, "*n"]):
    """Return (∇L, ΔR) with the exact ΔR = H ∇L, by differentiating ‖∇L‖² / 2 through the gradient."""
    w = w.detach().requires_grad_()
    (here,) = torch.autograd.grad(loss(w), w, create_graph=True)
    (penalty,) = torch.autograd.grad(here.square().sum() / 2, w)
    return here.detach(), penalty


def flooded_step(
    loss: Callable[[Tensor], Tensor], gradient: Gradient, w, level: float, step: float
):
    """Return θ − η sign(L − b) ∇L, a step on |L − b| + b (Ishida et al., ICML 2020): it ascends below the level b."""
    return w - step * (loss(w) - level).sign() * gradient(w)


def penalised_gradient(
    loss: Callable[[Tensor], Tensor],
    gradient: Gradient,
    w: Float[Tensor, "*n"],
    weight: float,
    ascent: float | None,
) -> Float[Tensor, "*n"]:
    """Return ∇L + γ ΔR by differences, exactly with an ascent of zero, or ∇L alone without one.

    Args:
        loss: what `gradient` is the gradient of.
        gradient: of a loss, or of each of several along the first dimension.
        w: parameters.
        weight: γ.
        ascent: ε.
    """
    if ascent is None:
        return gradient(w)
    here, penalty = difference(gradient, w, ascent) if ascent else double_backpropagation(loss, w)
    return here + weight * penalty
