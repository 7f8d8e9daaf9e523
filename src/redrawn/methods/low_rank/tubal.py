"""Tensors under the t-product: tubes multiply by circular convolution (Kilmer and Martin, 2011).

Used by Karnik, Veselovska, Iwen, Krahmer (ICML 2025, arXiv 2410.16247), who sense X ∗ Xᵀ by a factor U ∗ Uᵀ.
Tensors have shape (..., rows, columns, tubes); a Fourier transform along the tubes makes the product slice-wise.
"""

from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor


def to_slices(x: Float[Tensor, "*b n r k"]) -> Complex[Tensor, "*b k n r"]:
    """Return the Fourier slices, their index before rows and columns."""
    return torch.fft.fft(x, dim=-1).movedim(-1, -3)


def from_slices(slices: Complex[Tensor, "*b k n r"]) -> Float[Tensor, "*b n r k"]:
    """Undo `to_slices`."""
    return torch.fft.ifft(slices.movedim(-3, -1), dim=-1).real


def t_product(a: Float[Tensor, "*b n r k"], b: Float[Tensor, "*b r m k"]) -> Tensor:
    """Return a ∗ b, shape (..., n, m, k)."""
    return from_slices(to_slices(a) @ to_slices(b))


def t_transpose(a: Float[Tensor, "*b n r k"]) -> Float[Tensor, "*b r n k"]:
    """Transpose each frontal slice and reverse the order of slices 2 … k."""
    return torch.cat([a[..., :1], a[..., 1:].flip(-1)], -1).transpose(-3, -2)


def tubal_singular_values(a: Float[Tensor, "*b n r k"]) -> Float[Tensor, "*b values"]:
    """Return the root mean square over Fourier slices of each singular value: the norm of the t-SVD's tubes."""
    return torch.linalg.svdvals(to_slices(a)).square().mean(-2).sqrt()


def leading_subspace(
    symmetric: Float[Tensor, "*b n n k"], rank: int
) -> Complex[Tensor, "*b k n rank"]:
    """Return, slice by slice, the eigenvectors of the `rank` largest eigenvalues of a symmetric tensor.

    Descent from a tiny start multiplies by (I + μM) again and again, so that a negative eigenvalue shrinks, however large.

    Raises:
        ValueError: the rank is not within 1 … n.
    """
    if not 1 <= rank <= symmetric.shape[-2]:
        raise ValueError(f"rank {rank} is not within 1 and {symmetric.shape[-2]}")
    return torch.linalg.eigh(to_slices(symmetric)).eigenvectors[..., -rank:]


def best_of_tubal_rank(symmetric: Float[Tensor, "*b n n k"], rank: int) -> Tensor:
    """Return the nearest tensor of that tubal rank to a positive semidefinite one: each slice's largest eigenpairs.

    Raises:
        ValueError: the rank is not within 1 … n.
    """
    basis = leading_subspace(symmetric, rank)
    return from_slices(basis @ (basis.mH @ to_slices(symmetric)))


def subspace_angle(basis: Complex[Tensor, "*b k n r"], u: Float[Tensor, "*b n R k"]) -> Tensor:
    """Return ‖V⊥ᵀ ∗ V_U‖, the largest over slices: 0 when U's leading subspace is that of `basis`, 1 if orthogonal."""
    mine = torch.linalg.svd(to_slices(u), full_matrices=False).U[..., : basis.shape[-1]]
    outside = mine - basis @ (basis.mH @ mine)
    return torch.linalg.matrix_norm(outside, 2).amax(-1)


def square_root(u: Float[Tensor, "*b n r k"]) -> Float[Tensor, "*b n n k"]:
    """Return L, n columns wide, with L ∗ Lᵀ = U ∗ Uᵀ.

    Descent multiplies U from the left only. From L it makes the same products as from U, however many columns U has.
    """
    vectors, values, _ = torch.linalg.svd(to_slices(u), full_matrices=False)
    return from_slices((vectors * values[..., None, :]) @ vectors.mH)


@cache
def _orbits(n: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return one index of each pair of equal entries, where each entry finds its pair, and the pairs' sizes."""
    index = torch.arange(n * n * k).reshape(n, n, k)
    least = torch.minimum(index, t_transpose(index)).flatten()
    first, inverse, size = torch.unique(least, return_inverse=True, return_counts=True)
    return first, inverse, size


def to_coordinates(symmetric: Float[Tensor, "*b n n k"]) -> Float[Tensor, "*b c"]:
    """Return a symmetric tensor as the vector of its free entries, with the same inner product."""
    first, _, size = _orbits(*symmetric.shape[-2:])
    return symmetric.flatten(-3)[..., first] * size.to(symmetric).sqrt()


def from_coordinates(v: Float[Tensor, "*b c"], n: int, k: int) -> Float[Tensor, "*b n n k"]:
    """Undo `to_coordinates` for tensors of sides `n` and `k` tubes.

    Raises:
        ValueError: such a tensor has another number of free entries.
    """
    first, inverse, size = _orbits(n, k)
    if v.shape[-1] != len(first):
        raise ValueError(
            f"a symmetric tensor of sides {n} and {k} tubes has {len(first)} free entries"
        )
    return (v / size.to(v).sqrt())[..., inverse].unflatten(-1, (n, n, k))
