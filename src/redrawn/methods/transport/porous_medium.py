"""The porous medium equation as a Wasserstein gradient flow, from samples.

Fan, Zhang, Taghvaei, Chen, ICML 2022, arXiv 2112.02424. The flow is that of ∫ p², a supremum over functions h:

    ∫ p² = sup_h  2 E_P[q h] - q E_Γ[h²],        Γ uniform with density q.

Here h is a truncated parabola, for laws scaled from one another: Barenblatt's profiles are among them.
"""

import math

from jaxtyping import Float
from torch import Tensor


def barenblatt_radius(time: float, mass: float, d: int) -> float:
    """Return the support's radius of Barenblatt's solution of ∂p/∂t = Δp² that started as a point."""
    alpha = d / (d + 2)
    beta, kappa = alpha / d, alpha / (4 * d)
    # p = t^-α (C - κ|x|²t^-2β)₊ has the mass C ω R^d t^-α · 2/(d+2), with R² = C t^2β / κ
    ball = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    c = (mass * (d + 2) * kappa ** (d / 2) / (2 * ball)) ** (2 / (d + 2))
    return math.sqrt(c / kappa) * time**beta


def parabola(h: tuple[Tensor, Tensor], squares: Float[Tensor, "e n"]) -> Float[Tensor, "e n"]:
    """Evaluate the truncated parabola (h₀ - h₁ |z|²)₊ at given |z|²."""
    return (h[0][:, None] - h[1][:, None] * squares).clamp_min(0)


def entropy_bound(
    h: tuple[Tensor, Tensor],
    squares: Float[Tensor, "e n"],
    reference: Float[Tensor, "e m"],
    density: float | Float[Tensor, " e"],
) -> Float[Tensor, " e"]:
    """Return the variational expression of ∫ p²: a lower bound, and exact at h = p/q."""
    return density * (2 * parabola(h, squares).mean(1) - parabola(h, reference).square().mean(1))


def entropy_slope(
    h: tuple[Tensor, Tensor],
    squares: Float[Tensor, "e n"],
    reference: Float[Tensor, "e m"],
    density: float | Float[Tensor, " e"],
) -> tuple[Float[Tensor, " e"], Float[Tensor, " e"]]:
    """Return the gradient of `entropy_bound` in h."""
    inside = (parabola(h, squares) > 0).to(squares)
    height = parabola(h, reference)
    constant = inside.mean(1) - height.mean(1)
    slope = (height * reference).mean(1) - (inside * squares).mean(1)
    return 2 * density * constant, 2 * density * slope


def entropy_push(
    h: tuple[Tensor, Tensor], squares: Float[Tensor, "e n"], density: float | Float[Tensor, " e"]
) -> Float[Tensor, " e"]:
    """Return the derivative of `entropy_bound` in log λ at λ = 1, where all |z|² of the samples grow to λ|z|²."""
    inside = parabola(h, squares) > 0
    return -2 * density * h[1] * (inside * squares).mean(1)
