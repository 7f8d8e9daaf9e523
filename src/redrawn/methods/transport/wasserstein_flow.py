"""Wasserstein gradient flows from samples: JKO steps with variational functionals.

Fan, Zhang, Taghvaei, Chen, ICML 2022, arXiv 2112.02424. One step of length a takes P to T♯P, where T minimises

    E‖x - Tx‖²/(2a) + F(T♯P),

and F is itself a supremum over functions h that needs samples only:

    KL(P‖Q) = sup_h  E_P[log h] - E_Γ[h] + E_P[log Γ/Q] + 1.

Here T is affine and h the exponential of a quadratic: the exact solutions for Gaussians are among them.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.adam import Adam

Quadratic = tuple[Float[Tensor, "e d d"], Float[Tensor, "e d"], Float[Tensor, " e"]]


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
) -> Float[Tensor, " e"]:
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
    up, down = Adam(inner), Adam(outer)
    for k in range(steps):
        now = rate * 10 ** (-k / steps)
        for _ in range(inner_steps):
            up.step([-slope for slope in ascent()], now)
        if outer:
            down.step(descent(), now)


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
