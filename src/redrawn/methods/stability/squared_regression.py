"""Squared regression: f(x) = ⟨u∘u − v∘v, x⟩ with loss ‖X(u∘u − v∘v) − y‖² / (2n), a diagonal linear network.

Gradient flow moves u by exp(−2 Xᵀν) and v by exp(2 Xᵀν) for some ν in Rⁿ (Woodworth et al., COLT 2020; Kreisler et al.,
ICML 2023), so that its solution is the one ν at which X w(ν) = y: the minimum of a convex function, found by Newton.
Leading dimensions are networks side by side.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def weights(u: Float[Tensor, "*e d"], v: Float[Tensor, "*e d"]) -> Float[Tensor, "*e d"]:
    """Return the weights of the linear function."""
    return u.square() - v.square()


def residuals(u, v, x: Float[Tensor, "*e n d"], y: Float[Tensor, "*e n"]) -> Float[Tensor, "*e n"]:
    """Return predictions less targets."""
    return (x @ weights(u, v)[..., None])[..., 0] - y


def slope(r: Float[Tensor, "*e n"], x: Float[Tensor, "*e n d"]) -> Float[Tensor, "*e d"]:
    """Return the loss's derivative with respect to the linear weights, Xᵀ r / n."""
    return (r[..., None, :] @ x)[..., 0, :] / x.shape[-2]


def gradient(u, v, x, y):
    """Return the loss's derivatives with respect to u and v, 2 u∘g and −2 v∘g with g that of the linear weights."""
    g = slope(residuals(u, v, x, y), x)
    return 2 * u * g, -2 * v * g


def descend(u, v, x, y, step: float):
    """Return u and v after a step of gradient descent."""
    by_u, by_v = gradient(u, v, x, y)
    return u - step * by_u, v - step * by_v


def sharpness_at_solution(u, v, x: Float[Tensor, "*e n d"]) -> Float[Tensor, "*e"]:
    """Return the Hessian's largest eigenvalue where the residuals vanish, that of J Jᵀ / n with J = [2 x∘u, −2 x∘v]."""
    energy = 4 * (u.square() + v.square())
    gram = (x * energy[..., None, :]) @ x.mT / x.shape[-2]
    return torch.linalg.eigvalsh(gram)[..., -1]


def trace_at_solution(u, v, x: Float[Tensor, "*e n d"]) -> Float[Tensor, "*e"]:
    """Return the Hessian's trace where the residuals vanish, 4 Σⱼ (uⱼ² + vⱼ²) · mean xⱼ²."""
    return (4 * (u.square() + v.square()) * x.square().mean(-2)).sum(-1)


def flow_solution(u, v, x: Float[Tensor, "*e n d"], y: Float[Tensor, "*e n"], iterations: int = 40):
    """Return u and v where gradient flow from here ends, by damped Newton on the convex dual.

    The dual is ¼ Σⱼ (uⱼ² e^(−4 xⱼ·ν) + vⱼ² e^(4 xⱼ·ν)) + y·ν; its gradient is y − X w(ν), its Hessian X diag(4 (u² + v²)) Xᵀ.

    Raises:
        ValueError: Newton's method did not reach a zero residual.
    """
    nu = torch.zeros_like(y)

    def at(nu):
        drift = (nu[..., None, :] @ x)[..., 0, :]
        return u * (-2 * drift).exp(), v * (2 * drift).exp()

    def dual(nu):
        p, q = at(nu)
        return (p.square() + q.square()).sum(-1) / 4 + (y * nu).sum(-1)

    for _ in range(iterations):
        p, q = at(nu)
        descent = residuals(p, q, x, y)
        if descent.abs().max() < 1e-12 * (1 + y.abs().max()):
            break
        hessian = (x * (4 * (p.square() + q.square()))[..., None, :]) @ x.mT
        change = torch.linalg.solve(hessian, descent)
        slope_along = -(descent * change).sum(-1)
        size, before = torch.ones_like(slope_along), dual(nu)
        for _ in range(30):
            allowed = before + 1e-4 * size * slope_along + 1e-13 * before.abs()
            rises = ~(dual(nu + size[..., None] * change) <= allowed)
            if not rises.any():
                break
            size = torch.where(rises, size / 2, size)
        nu = nu + size[..., None] * change
    p, q = at(nu)
    if not residuals(p, q, x, y).abs().max() < 1e-8 * (1 + y.abs().max()):
        raise ValueError("no solution of gradient flow was found")
    return p, q
