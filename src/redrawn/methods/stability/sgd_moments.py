"""Linear stability of SGD at an interpolating minimum (Wu, Ma and E, NeurIPS 2018; Wu and Su, ICML 2023).

With residuals zero, SGD on the linearised model multiplies the deviation by I − η (mean of x xᵀ over the batch). Its second
moment Σ is mapped to (I − ηH) Σ (I − ηH) + (η²/B)(mean xxᵀ Σ xxᵀ − H Σ H) for batches drawn with replacement; SGD is
stable if this map's spectral radius is at most one. For batches of one that needs η tr H ≤ 2.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def moment_radius(
    x: Float[Tensor, "e n d"], step: Float[Tensor, " e"], batch: float
) -> Float[Tensor, " e"]:
    """Return the spectral radius of the map of second moments.

    Args:
        x: gradients of the model's outputs, one a row.
        step: η.
        batch: B, or infinity for gradient descent.
    """
    h = x.mT @ x / x.shape[-2]
    d = x.shape[-1]
    one_step = torch.eye(d, dtype=x.dtype, device=x.device) - step[:, None, None] * h
    squares = (x[..., :, None] * x[..., None, :]).flatten(-2)
    fourth = (squares.mT @ squares / x.shape[-2]).unflatten(-1, (d, d)).unflatten(-3, (d, d))
    noise = fourth.transpose(-3, -2).reshape(-1, d * d, d * d) - _kron(h, h)
    moments = _kron(one_step, one_step) + (step.square() / batch)[:, None, None] * noise
    return torch.linalg.eigvalsh(moments).abs().amax(-1)


def largest_stable_step(
    x: Float[Tensor, "e n d"], batch: float, iterations: int = 50
) -> Float[Tensor, " e"]:
    """Return the largest η at which second moments stay bounded, by bisection below 2/λ₁."""
    top = torch.linalg.eigvalsh(x.mT @ x / x.shape[-2])[..., -1]
    low, high = 0 * top, 2.5 / top
    for _ in range(iterations):
        middle = (low + high) / 2
        stable = moment_radius(x, middle, batch) <= 1 + 1e-12
        low, high = torch.where(stable, middle, low), torch.where(stable, high, middle)
    return low


def _kron(a: Tensor, b: Tensor) -> Tensor:
    size = a.shape[-1] * b.shape[-1]
    return torch.einsum("eij,ekl->eikjl", a, b).reshape(-1, size, size)
