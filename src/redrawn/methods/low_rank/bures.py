"""The Bures-Wasserstein loss of linear generators (Bréchet, Papagiannouli, An, Montúfar; ICML 2023, arXiv 2303.03027).

    L(W) = tr(S + Σ - 2 (Σ^½ S Σ^½)^½),  S = WWᵀ + τI

is the squared 2-Wasserstein distance between N(0, S) and N(0, Σ); τ > 0 smooths it. W = W_N ⋯ W_1.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def symmetric_power(x: Float[Tensor, "*b n n"], power: float, floor: float = 0.0) -> Tensor:
    """Return xᵖ of a positive semidefinite matrix; eigenvalues at or below `floor` give zero."""
    values, vectors = torch.linalg.eigh((x + x.mT) / 2)
    kept = values > floor
    powers = torch.where(kept, torch.where(kept, values, 1.0) ** power, 0.0)
    return (vectors * powers[..., None, :]) @ vectors.mT


def bures_loss(
    w: Float[Tensor, "*b n k"], root: Float[Tensor, "*b n n"], tau: float | Float[Tensor, "*b 1 1"]
) -> Float[Tensor, "*b"]:
    """Return L(W); `root` is Σ^½."""
    s = _smoothed(w, tau)
    inside = root @ s @ root
    overlap = torch.linalg.eigvalsh((inside + inside.mT) / 2).clamp_min(0).sqrt().sum(-1)
    return _trace(s) + root.square().sum((-2, -1)) - 2 * overlap


def bures_gradient(
    w: Float[Tensor, "*b n k"], root: Float[Tensor, "*b n n"], tau: float | Float[Tensor, "*b 1 1"]
) -> Float[Tensor, "*b n k"]:
    """Return ∇L(W) = 2 (I - R (R S R)^(-½) R) W with R = Σ^½; null directions of S carry no gradient."""
    moved = root @ w
    inside = moved @ moved.mT + tau * (root @ root)
    return 2 * (w - root @ (symmetric_power(inside, -0.5, 1e-13) @ moved))


def chain_gradients(
    layers: list[Float[Tensor, "*b rows columns"]], outer: Tensor
) -> list[Float[Tensor, "*b rows columns"]]:
    """Return the gradient of every layer, W = W_N ⋯ W_1 (first layer first), from that of W."""
    below = [None]
    for w in layers[:-1]:
        below.append(w if below[-1] is None else w @ below[-1])
    gradients, above = [None] * len(layers), outer
    for j in reversed(range(len(layers))):
        gradients[j] = above if below[j] is None else above @ below[j].mT
        above = layers[j].mT @ above
    return gradients


def critical_point(
    covariance: Float[Tensor, "n n"], chosen: list[int], tau: float
) -> Float[Tensor, "n k"]:
    """Return W with WWᵀ = Ω_k (Λ_k - τI) Ω_kᵀ for the chosen eigenpairs, 0 being the largest (theorem on critical points).

    Raises:
        ValueError: a chosen eigenvalue is below τ.
    """
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0)[chosen], vectors.flip(1)[:, chosen]
    if (values < tau).any():
        raise ValueError(f"eigenvalues {values.tolist()} must not be below tau = {tau}")
    return vectors * (values - tau).sqrt()


def minimal_loss(eigenvalues: Float[Tensor, " n"], rank: int, tau: float) -> Float[Tensor, ""]:
    """Return the least loss of rank `rank`: Σ over the smaller eigenvalues of (√λ - √τ)²."""
    rest = eigenvalues.sort(descending=True).values[rank:].clamp_min(0)
    return (rest.sqrt() - tau**0.5).square().sum()


def _smoothed(w: Tensor, tau: float | Tensor) -> Tensor:
    return w @ w.mT + tau * torch.eye(w.shape[-2], dtype=w.dtype, device=w.device)


def _trace(x: Tensor) -> Tensor:
    return x.diagonal(dim1=-2, dim2=-1).sum(-1)
