"""Tensors under the t-product: tubes multiply by circular convolution (Kilmer and Martin, 2011).

Used by Karnik, Veselovska, Iwen, Krahmer (ICML 2025, arXiv 2410.16247), who sense X ∗ Xᵀ by a factor U ∗ Uᵀ.
Tensors have shape (..., rows, columns, tubes); a Fourier transform along the tubes makes the product slice-wise.
"""

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
    """Return, slice by slice, the `rank` leading eigenvectors of a symmetric tensor: where the power method goes.

    Raises:
        ValueError: the rank is not within 1 … n.
    """
    if not 1 <= rank <= symmetric.shape[-2]:
        raise ValueError(f"rank {rank} is not within 1 and {symmetric.shape[-2]}")
    return torch.linalg.svd(to_slices(symmetric)).U[..., :rank]


def subspace_angle(basis: Complex[Tensor, "*b k n r"], u: Float[Tensor, "*b n R k"]) -> Tensor:
    """Return ‖V⊥ᵀ ∗ V_U‖, the largest over slices: 0 when U's leading subspace is that of `basis`, 1 if orthogonal."""
    mine = torch.linalg.svd(to_slices(u), full_matrices=False).U[..., : basis.shape[-1]]
    outside = mine - basis @ (basis.mH @ mine)
    return torch.linalg.matrix_norm(outside, 2).amax(-1)


def tube_shifts(u: Float[Tensor, "*b n r k"]) -> Float[Tensor, "*b kn rk"]:
    """Return U with its tubes shifted by 0 … k-1, one below the other: what turns t-products into real matrix products."""
    k = u.shape[-1]
    index = (torch.arange(k) - torch.arange(k)[:, None]) % k  # row c holds a - c
    return u[..., index].movedim(-2, -4).flatten(-2).flatten(-3, -2)


def gram(u: Float[Tensor, "*b n r k"], shifts: Float[Tensor, "*b kn rk"]) -> Tensor:
    """Return U ∗ Uᵀ from U and its shifts, without a Fourier transform."""
    return (u.flatten(-2) @ shifts.mT).unflatten(-1, (u.shape[-1], -1)).transpose(-1, -2)


def multiply(a: Float[Tensor, "*b m n k"], shifts: Float[Tensor, "*b kn rk"]) -> Tensor:
    """Return a ∗ U from the shifts of U, without a Fourier transform."""
    k = a.shape[-1]
    return (a.transpose(-1, -2).flatten(-2) @ shifts).unflatten(-1, (-1, k))
