"""The Lanczos process with full reorthogonalisation (Golub and Van Loan, Matrix Computations, Sec. 10.1 and 10.3).

For a symmetric A and a start q₁ it builds an orthonormal basis Q of the Krylov space span(q₁, A q₁, …) with
Qᵀ A Q = T tridiagonal. Eigenvalues of T (Ritz values) approach those of A from inside, the extremal ones first.
In floating point the three-term recurrence alone loses orthogonality and finds eigenvalues twice, so that every new
vector is projected off all the old ones, two times over.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Krylov(NamedTuple):
    """What `steps` = k of the process leave; leading dimensions are operators or starts side by side."""

    diagonal: Float[Tensor, "*e k"]
    off_diagonal: Float[Tensor, "*e k-1"]
    remainder: Float[Tensor, "*e"]
    """Norm of what is left of A q_k outside of the basis: zero if the space is invariant."""
    basis: Float[Tensor, "*e k n"]


class Ritz(NamedTuple):
    """Eigenvalues of T in ascending order, and what goes with each."""

    values: Float[Tensor, "*e k"]
    weights: Float[Tensor, "*e k"]
    """Squared first components of T's eigenvectors: the start's share in each, which add up to one."""
    residuals: Float[Tensor, "*e k"]
    """‖A y - θ y‖ of each pair; some eigenvalue of A is at most that far from θ."""
    vectors: Float[Tensor, "*e k n"]


def lanczos(
    matvec: Callable[[Float[Tensor, "*e n"]], Float[Tensor, "*e n"]],
    start: Float[Tensor, "*e n"],
    steps: int,
) -> Krylov:
    """Run the process; a space that turns out invariant is left by a new start, and T then falls into blocks.

    Args:
        matvec: multiplies by a symmetric operator, along the last dimension; each leading index may have its own.
        start: not zero; its length does not matter.
        steps: k, number of products.

    Raises:
        ValueError: more steps than dimensions, or a start of zero.
    """
    n = start.shape[-1]
    if not 1 <= steps <= n:
        raise ValueError(f"between 1 and {n} steps for {n} dimensions, got {steps}")
    length = start.norm(dim=-1, keepdim=True)
    if (length == 0).any():
        raise ValueError("a start of zero")
    basis = start.new_zeros(*start.shape[:-1], steps, n)
    diagonal, off_diagonal = [], []
    basis[..., 0, :] = start / length
    tiny = 100 * torch.finfo(start.dtype).eps
    scale = torch.zeros_like(length)
    for k in range(steps):
        product = matvec(basis[..., k, :])
        diagonal.append((product * basis[..., k, :]).sum(-1))
        rest = _project_off(product, basis[..., : k + 1, :])
        beta = rest.norm(dim=-1, keepdim=True)
        scale = torch.maximum(scale, product.norm(dim=-1, keepdim=True))
        invariant = beta <= tiny * scale
        beta = beta.masked_fill(invariant, 0)
        if k + 1 == steps:
            break
        if invariant.any():
            fresh = torch.arange(1, n + 1, device=start.device).to(start.dtype).mul(k + 1).sin()
            fresh = _project_off(fresh.expand_as(rest), basis[..., : k + 1, :])
            rest = torch.where(invariant, fresh, rest)
        basis[..., k + 1, :] = rest / rest.norm(dim=-1, keepdim=True)
        off_diagonal.append(beta[..., 0])
    between = (
        torch.stack(off_diagonal, -1) if off_diagonal else start.new_zeros(*start.shape[:-1], 0)
    )
    return Krylov(torch.stack(diagonal, -1), between, beta[..., 0], basis)


def ritz(krylov: Krylov) -> Ritz:
    """Return the Ritz pairs of a run of `lanczos`."""
    diagonal, off, remainder, basis = krylov
    matrix = diagonal.diag_embed() + off.diag_embed(1) + off.diag_embed(-1)
    values, vectors = torch.linalg.eigh(matrix)
    return Ritz(
        values,
        vectors[..., 0, :].square(),
        remainder[..., None] * vectors[..., -1, :].abs(),
        vectors.mT @ basis,
    )


def _project_off(vector: Float[Tensor, "*e n"], basis: Float[Tensor, "*e k n"]):
    for _ in range(2):  # once leaves rounding errors of the size of what was taken off
        vector = vector - ((basis @ vector[..., None]).mT @ basis)[..., 0, :]
    return vector
