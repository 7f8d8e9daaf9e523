"""Wasserstein gradient flows from samples: JKO steps with variational functionals.

Fan, Zhang, Taghvaei, Chen, ICML 2022, arXiv 2112.02424. One step of length a takes P to T♯P, where T minimises

    E‖x - Tx‖²/(2a) + F(T♯P),

and F is itself a supremum over functions h that needs samples only:

    KL(P‖Q)       = sup_h  E_P[log h] - E_Γ[h] + E_P[log Γ/Q] + 1,
    ∫ p²          = sup_h  2 E_P[q h] - q E_Γ[h²],        Γ uniform with density q.

Here T is affine or a scaling and h the exponential of a quadratic or a truncated parabola: the exact solutions for
Gaussians and for Barenblatt's profiles are among them.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Quadratic = tuple[Float[Tensor, "e d d"], Float[Tensor, "e d"], Float[Tensor, "e"]]


def log_h(h: Quadratic, z: Float[Tensor, "e n d"]) -> Float[Tensor, "e n"]:
    """Evaluate log h(z) = z·Mz/2 + v·z + c."""
    m, v, c = h
    return (torch.baddbmm(v[:, None], z, m, alpha=0.5) * z).sum(-1) + c[:, None]


def zero_quadratic(e: int, d: int, **where) -> Quadratic:
    """Return log h = 0."""
    return (
        torch.zeros(e, d, d, **where),
        torch.zeros(e, d, **where),
        torch.zeros(e, **where),
    )


def kl_bound(
    h: Quadratic,
    z: Float[Tensor, "e n d"],
    reference: Float[Tensor, "e m d"],
    log_ratio: Float[Tensor, "e n"] | float = 0.0,
) -> Float[Tensor, "e"]:
    """Return the variational expression under the supremum, a lower bound of KL(P‖Q).

    Args:
        h: the quadratic logarithm of h.
        z: samples of P, in coordinates in which Γ is standard normal.
        reference: samples of Γ in the same coordinates.
        log_ratio: log Γ/Q at the samples of P; nothing of the gradient in h hangs on it.
    """
    return (log_h(h, z) + log_ratio).mean(1) - log_h(h, reference).exp().mean(1) + 1


def kl_slope(
    h: Quadratic, z: Float[Tensor, "e n d"], reference: Float[Tensor, "e m d"]
) -> Quadratic:
    """Return the gradient of `kl_bound` in h: the moments of P less those of Γ weighted by h."""
    weights = log_h(h, reference).exp_() / reference.shape[1]
    weighted = weights[..., None] * reference
    second = (z.mT @ z / z.shape[1] - reference.mT @ weighted) / 2
    return second, z.mean(1) - weighted.sum(1), 1 - weights.sum(1)


def affine_slope(
    bend: Float[Tensor, "e d d"],
    shift: Float[Tensor, "e d"],
    inertia: Float[Tensor, "e d d"],
    g: Quadratic,
    z: Float[Tensor, "e n d"],
) -> tuple[Float[Tensor, "e d d"], Float[Tensor, "e d"]]:
    """Return the gradient of E[t·Kt/2 + g(z + t)], t = Bz + s, in B and s; K, the inertia, is symmetric, g as log h is."""
    move = torch.baddbmm(shift[:, None], z, bend.mT)
    force = torch.baddbmm(g[1][:, None], z + move, (g[0] + g[0].mT) / 2)
    force.baddbmm_(move, inertia)
    return force.mT @ z / z.shape[1], force.mean(1)


@torch.no_grad()
def alternate(
    outer: list[Tensor],
    inner: list[Tensor],
    descent: Callable[[], Sequence[Tensor]],
    ascent: Callable[[], Sequence[Tensor]],
    steps: int,
    rate: float,
    inner_steps: int = 3,
) -> None:
    """Seek min over `outer` and max over `inner` by Adam, `inner_steps` ascents for each descent; rates fall to a tenth.

    `descent` and `ascent` return the objective's gradients in `outer` and in `inner`.

    Raises:
        ValueError: no steps.
    """
    if steps < 1:
        raise ValueError("alternate needs at least one step")
    up = (torch.optim.Adam(inner, lr=rate, maximize=True), inner, ascent)
    turns = [up] * inner_steps
    if outer:
        turns.append((torch.optim.Adam(outer, lr=rate), outer, descent))
    for k in range(steps):
        for optimiser, parameters, gradient in turns:
            optimiser.param_groups[0]["lr"] = rate * 10 ** (-k / steps)
            for p, slope in zip(parameters, gradient(), strict=True):
                p.grad = slope
            optimiser.step()


def gaussian_kl(m: Tensor, s: Tensor, n: Tensor, q: Tensor) -> Float[Tensor, "..."]:
    """Return KL(N(m, s) ‖ N(n, q)); means (..., d), covariances (..., d, d)."""
    inverse = torch.linalg.inv(q)
    shift = (m - n)[..., None]
    trace = (inverse * s.mT).sum((-2, -1)) + (shift.mT @ inverse @ shift)[..., 0, 0]
    return (trace - m.shape[-1] + torch.logdet(q) - torch.logdet(s)) / 2


def symmetric_kl(m: Tensor, s: Tensor, n: Tensor, q: Tensor) -> Float[Tensor, "..."]:
    """Return KL both ways, added."""
    return gaussian_kl(m, s, n, q) + gaussian_kl(n, q, m, s)


def ornstein_uhlenbeck(mean: Tensor, spectrum: Tensor, time: float):
    """Return mean (..., d) and variances (..., d) at `time`, from N(0, I) to N(mean, diag(spectrum))."""
    decay = (-time / spectrum).exp()
    return (1 - decay) * mean, spectrum * (1 - decay.square()) + decay.square()


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
    density: float | Float[Tensor, "e"],
) -> Float[Tensor, "e"]:
    """Return the variational expression of ∫ p²: a lower bound, and exact at h = p/q."""
    return density * (2 * parabola(h, squares).mean(1) - parabola(h, reference).square().mean(1))


def entropy_slope(
    h: tuple[Tensor, Tensor],
    squares: Float[Tensor, "e n"],
    reference: Float[Tensor, "e m"],
    density: float | Float[Tensor, "e"],
) -> tuple[Float[Tensor, "e"], Float[Tensor, "e"]]:
    """Return the gradient of `entropy_bound` in h."""
    inside = (parabola(h, squares) > 0).to(squares)
    height = parabola(h, reference)
    constant = inside.mean(1) - height.mean(1)
    slope = (height * reference).mean(1) - (inside * squares).mean(1)
    return 2 * density * constant, 2 * density * slope


def entropy_push(
    h: tuple[Tensor, Tensor], squares: Float[Tensor, "e n"], density: float | Float[Tensor, "e"]
) -> Float[Tensor, "e"]:
    """Return the derivative of `entropy_bound` in log λ at λ = 1, where all |z|² of the samples grow to λ|z|²."""
    inside = parabola(h, squares) > 0
    return -2 * density * h[1] * (inside * squares).mean(1)
