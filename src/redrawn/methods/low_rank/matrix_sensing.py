"""Matrix sensing by a factor, f(U) = ¼‖A(UUᵀ) - y‖² (Jin, Li, Lyu, Du, Lee; ICML 2023, arXiv 2301.11500).

A symmetric matrix is held as the vector of its upper triangle, off-diagonal entries times √2, so that the inner
product of vectors is that of matrices. A column of U that starts at zero stays there: a factor of fewer columns is
one with zeros, and factors of several widths go side by side in one batch.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def to_vector(x: Float[Tensor, "*b d d"]) -> Float[Tensor, "*b n"]:
    """Return symmetric matrices as vectors of n = d(d+1)/2 entries, with the same inner product."""
    rows, columns = torch.triu_indices(x.shape[-1], x.shape[-1])
    return x[..., rows, columns] * torch.where(rows == columns, 1.0, math.sqrt(2)).to(x)


def to_matrix(v: Float[Tensor, "*b n"]) -> Float[Tensor, "*b d d"]:
    """Return the symmetric matrices of which `v` are the vectors.

    Raises:
        ValueError: the length is not d(d+1)/2 for any d.
    """
    d = (math.isqrt(8 * v.shape[-1] + 1) - 1) // 2
    if d * (d + 1) // 2 != v.shape[-1]:
        raise ValueError(f"{v.shape[-1]} entries are no triangle of a matrix")
    rows, columns = torch.triu_indices(d, d)
    entries = v * torch.where(rows == columns, 1.0, math.sqrt(0.5)).to(v)
    found = v.new_zeros(*v.shape[:-1], d, d)
    found[..., rows, columns] = entries
    found[..., columns, rows] = entries
    return found


def gaussian_measurements(
    d: int, count: int, generator: torch.Generator
) -> Float[Tensor, "count n"]:
    """Draw A: each A_i = (B + Bᵀ)/2 with B's entries N(0, 1/count), as a vector of independent N(0, 1/count)."""
    n = d * (d + 1) // 2
    return torch.randn(count, n, generator=generator, dtype=torch.float64) / math.sqrt(count)


def sensing_gradient(
    u: Float[Tensor, "*b d r"], measure: Float[Tensor, "count n"], y: Float[Tensor, "count"]
) -> tuple[Float[Tensor, "*b d r"], Float[Tensor, "*b"]]:
    """Return ∇f(U) = A*(A(UUᵀ) - y) U and f(U)."""
    residual = to_vector(u @ u.mT) @ measure.T - y
    return to_matrix(residual @ measure) @ u, residual.square().sum(-1) / 4


def best_of_rank(
    x: Float[Tensor, "d d"],
    measure: Float[Tensor, "count n"],
    rank: int,
    steps: int,
    step: float,
) -> Float[Tensor, "d d"]:
    """Return Z_s, the minimiser of the sensing loss of rank `rank`: descent from the truncated eigenvectors of X*.

    Raises:
        ValueError: the rank is not within 1 … d.
    """
    if not 1 <= rank <= len(x):
        raise ValueError(f"rank {rank} is not within 1 and {len(x)}")
    values, vectors = torch.linalg.eigh(x)
    u = vectors[:, -rank:] * values[-rank:].clamp_min(0).sqrt()
    y = measure @ to_vector(x)
    for _ in range(steps):
        u = u - step * sensing_gradient(u, measure, y)[0]
    return u @ u.mT
