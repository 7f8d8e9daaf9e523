"""Gradient descent on Σ (⟨A_i, U ∗ Uᵀ⟩ - y_i)² in Fourier slices (Karnik, Veselovska, Iwen, Krahmer, arXiv 2410.16247).

Slice by slice U ∗ Uᵀ is a Hermitian matrix. Slices s and k - s of a real tensor are conjugate, so that 0 … k/2 suffice.
"""

from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from redrawn.methods.low_rank.tubal import from_coordinates


def half_slices(x: Float[Tensor, "*b n r k"]) -> Complex[Tensor, "*b half n r"]:
    """Return the Fourier slices 0 … k/2, their index before rows and columns."""
    return torch.fft.rfft(x, dim=-1).movedim(-1, -3).contiguous()


def from_half_slices(slices: Complex[Tensor, "*b half n r"], k: int) -> Float[Tensor, "*b n r k"]:
    """Undo `half_slices` for tensors of `k` tubes."""
    return torch.fft.irfft(slices.movedim(-3, -1), n=k, dim=-1)


@cache
def _entries(n: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return where the slices, as real numbers, hold their free entries, where each number finds its own, and its sign."""
    index = torch.arange((k // 2 + 1) * n * n * 2).reshape(-1, n, n, 2)
    sign = torch.ones(index.shape, dtype=torch.float64)
    sign[..., 1] = torch.ones(n, n).triu(1) - torch.ones(n, n).tril(-1)  # imaginary parts
    sign[0, ..., 1] = 0
    if k % 2 == 0:
        sign[-1, ..., 1] = 0
    least = torch.where(sign == 0, 0, torch.minimum(index, index.transpose(1, 2)))
    first, inverse = torch.unique(least, return_inverse=True)
    return first, inverse.flatten(), sign.flatten()


class TubalDescent:
    """The step of descent for several problems, and for several factors of each."""

    def __init__(
        self,
        normal: Float[Tensor, "e c c"],
        truth: Float[Tensor, "e 1 c"],
        sizes: tuple[int, int],
        pace: float,
    ):
        """Prepare the step.

        Args:
            normal: Σ A_i A_iᵀ in the coordinates of symmetric tensors.
            truth: the sensed tensors in these coordinates.
            sizes: sides and tubes.
            pace: step; the gradient is Σ residual · sym(A_i) ∗ U.
        """
        self.half = sizes[1] // 2 + 1
        self.first, self.inverse, self.sign = _entries(*sizes)
        unit = half_slices(from_coordinates(torch.eye(truth.shape[-1], dtype=truth.dtype), *sizes))
        change = torch.view_as_real(unit).flatten(1)[:, self.first]
        self.slope = pace * normal @ change
        self.offset = -truth @ self.slope
        self.slope = torch.linalg.inv(change) @ self.slope

    def step(self, u: Complex[Tensor, "e b half n n"]) -> Complex[Tensor, "e b half n n"]:
        """Return the half slices of U after one step."""
        gram = torch.view_as_real(u @ u.mH).flatten(2)
        slope = torch.baddbmm(self.offset, gram[..., self.first], self.slope)
        slope = (slope[..., self.inverse] * self.sign).reshape(*u.shape[:4], -1, 2)
        return u - torch.view_as_complex(slope) @ u
