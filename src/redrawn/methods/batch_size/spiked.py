"""The largest eigenvalue of a batch's Hessian by spiked random matrix theory (Granziol, Zohren and Roberts, JMLR 2022).

A batch's Hessian is the data's plus noise, taken for a Wigner matrix whose elements have variance σ²/𝔟. An eigenvalue λ of
the data's Hessian of P parameters then shows as λ + Pσ²/(𝔟 λ) where λ > σ√(P/𝔟), and drowns in a bulk up to 2σ√(P/𝔟) below.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def effective_batch(batch: Float[Tensor, "*n"] | int, count: int) -> Float[Tensor, "*n"] | float:
    """Return 𝔟 = B/(1 - B/N): B drawn without replacement out of N tell more than B drawn with."""
    return batch / (1 - batch / count)


def spiked_eigenvalue(
    eigenvalue: Float[Tensor, "*n"], bulk: Float[Tensor, "*n"]
) -> Float[Tensor, "*n"]:
    """Return the largest eigenvalue λ₁′ of the sum of a matrix and noise.

    Args:
        eigenvalue: λ₁ > 0 of the matrix.
        bulk: Pσ²/𝔟, half the radius of the noise's spectrum, squared.
    """
    return torch.where(eigenvalue.square() > bulk, eigenvalue + bulk / eigenvalue, 2 * bulk.sqrt())


def element_variance(difference: Float[Tensor, "p n"], effective: float) -> Float[Tensor, " p"]:
    """Return an estimate of Pσ² from each product (H_B - H) z with random signs z.

    E ‖(H_B - H) z‖² = tr (H_B - H)² = P²σ²/𝔟 for P parameters.

    Args:
        difference: the products, one a row.
        effective: 𝔟 of the batch.
    """
    return effective * difference.square().mean(-1)
