"""Matrix sensing by a factor, f(U) = ¼‖A(UUᵀ) - y‖² (Jin, Li, Lyu, Du, Lee; ICML 2023, arXiv 2301.11500).

A symmetric matrix is held as the vector of its upper triangle, off-diagonal entries times √2, so that the inner
product of vectors is that of matrices. A column of U that starts at zero stays there: a factor of fewer columns is
one with zeros, and factors of several widths go side by side in one batch.
"""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor


@cache
def _triangle(d: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return where a matrix of d columns has its upper triangle, where each entry finds its own, and √2 off the diagonal."""
    rows, columns = torch.triu_indices(d, d)
    place = torch.empty(d, d, dtype=torch.long)
    place[rows, columns] = place[columns, rows] = torch.arange(len(rows))
    return rows * d + columns, place, torch.where(rows == columns, 1.0, math.sqrt(2)).double()


def to_vector(x: Float[Tensor, "*b d d"]) -> Float[Tensor, "*b n"]:
    """Return symmetric matrices as vectors of n = d(d+1)/2 entries, with the same inner product."""
    index, _, size = _triangle(x.shape[-1])
    return x.flatten(-2)[..., index] * size.to(x)


def to_matrix(v: Float[Tensor, "*b n"]) -> Float[Tensor, "*b d d"]:
    """Return the symmetric matrices of which `v` are the vectors.

    Raises:
        ValueError: the length is not d(d+1)/2 for any d.
    """
    d = (math.isqrt(8 * v.shape[-1] + 1) - 1) // 2
    if d * (d + 1) // 2 != v.shape[-1]:
        raise ValueError(f"{v.shape[-1]} entries are no triangle of a matrix")
    _, place, size = _triangle(d)
    return (v / size.to(v))[..., place]


def gaussian_measurements(
    d: int, count: int, generator: torch.Generator
) -> Float[Tensor, "count n"]:
    """Draw A: each A_i = (B + Bᵀ)/2 with B's entries N(0, 1/count), as a vector of independent N(0, 1/count)."""
    n = d * (d + 1) // 2
    return torch.randn(count, n, generator=generator, dtype=torch.float64) / math.sqrt(count)


def sensing_loss(
    u: Float[Tensor, "*b d r"], measure: Float[Tensor, "count n"], y: Float[Tensor, " count"]
) -> Float[Tensor, "*b"]:
    """Return f(U)."""
    return (to_vector(u @ u.mT) @ measure.T - y).square().sum(-1) / 4


def sensing_gradient(
    u: Float[Tensor, "*b d r"], normal: Float[Tensor, "n n"], seen: Float[Tensor, " n"]
) -> Float[Tensor, "*b d r"]:
    """Return ∇f(U) = (A*A(UUᵀ) - A*y) U from `normal`, A*A, and `seen`, A*y, which do not grow with the measurements."""
    return to_matrix(to_vector(u @ u.mT) @ normal - seen) @ u


def best_of_ranks(
    x: Float[Tensor, "d d"],
    measure: Float[Tensor, "count n"],
    ranks: list[int],
    steps: int,
    step: float,
) -> Float[Tensor, "ranks d d"]:
    """Return Z_s, the minimiser of the sensing loss of rank s, for each s: descent from the truncated eigenvectors of X*.

    Raises:
        ValueError: a rank is not within 1 … d.
    """
    if not 1 <= min(ranks) <= max(ranks) <= len(x):
        raise ValueError(f"ranks {ranks} are not within 1 and {len(x)}")
    values, vectors = torch.linalg.eigh(x)
    largest = max(ranks)
    u = (vectors[:, -largest:] * values[-largest:].clamp_min(0).sqrt()).flip(1)
    u = torch.stack([u * (torch.arange(largest) < s) for s in ranks])
    normal = measure.mT @ measure
    seen = normal @ to_vector(x)
    for _ in range(steps):
        u = u - step * sensing_gradient(u, normal, seen)
    return u @ u.mT
