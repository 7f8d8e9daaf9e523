"""Gram iteration: upper bounds of the largest singular value that close in superlinearly (Delattre et al., ICML 2023).

    G⁽⁰⁾ = G,  G⁽ᵗ⁺¹⁾ = G⁽ᵗ⁾* G⁽ᵗ⁾,  b_t = ‖G⁽ᵗ⁾‖_F^{2⁻ᵗ} = (Σ_i σ_i^{2ᵗ⁺¹})^{2^{-(t+1)}}     (Algorithm 2)

As a Schatten norm of order 2ᵗ⁺¹, b_t never lies below σ₁ and never rises. Each iterate is divided by its Frobenius norm,
whose logarithm is kept: as they stand, iterates overflow after a few steps. With A = G* G and p = 2ᵗ the gradient is

    ∂b_t/∂G = G A^{p-1} / b_t^{2p-1},  and  Re⟨∂b_t/∂G, G⟩ = b_t

by Euler's theorem, as b_t is homogeneous of degree one: that fixes the factor, so that powers can be rescaled at will.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Inexact
from torch import Tensor


def gram_bounds(
    matrix: Inexact[Tensor, "*b m n"], steps: int
) -> Float[Tensor, " steps_and_one *b"]:
    """Return the bounds b_0 … b_steps of each matrix, real or complex, none of them zero."""
    return torch.stack([bound for _, bound in _iterates(_tall(matrix), steps)])


def gram_gradient(
    matrix: Inexact[Tensor, "*b m n"], steps: int
) -> tuple[Float[Tensor, "*b"], Inexact[Tensor, "*b m n"]]:
    """Return b_steps and its gradient, whose product Re⟨gradient, D⟩ is the derivative along D.

    For complex matrices that is the conjugate gradient, as of autograd.
    """
    tall = _tall(matrix)
    product = tall
    for t, (iterate, size) in enumerate(_iterates(tall, steps)):
        bound = size
        if t > 0:  # the exponents 1, 2, … 2ᵗ⁻¹ of A add up to 2ᵗ - 1
            product = product @ iterate
            product = product / _frobenius(product)[..., None, None]
    inner = (product.conj() * tall).real.sum((-2, -1))
    gradient = product * (bound / inner)[..., None, None]
    return bound, gradient if tall is matrix else gradient.mH


def _tall(matrix: Tensor) -> Tensor:
    """Return the matrix or its adjoint, whichever has the smaller Gram matrix."""
    return matrix if matrix.shape[-2] >= matrix.shape[-1] else matrix.mH


def _frobenius(matrix: Tensor) -> Tensor:
    return torch.linalg.vector_norm(matrix, dim=(-2, -1))


def _iterates(matrix: Tensor, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each iterate over its Frobenius norm, and the bound, for t = 0 … steps."""
    logarithm = 0.0
    for t in range(steps + 1):
        size = _frobenius(matrix)
        logarithm = 2 * logarithm + size.log()  # of the iterate's norm had nothing been rescaled
        matrix = matrix / size[..., None, None]
        yield matrix, (logarithm / 2**t).exp()
        if t < steps:
            matrix = matrix.mH @ matrix
