"""Low rank plus sparse among symmetric circulant matrices: descent and the convex programme on their first columns.

Such matrices share one eigenbasis, and their eigenvalues are the Fourier transform of the first column. From a start
in this family `discrepant_descent` and `component_pursuit` stay in it, so that vectors tell all of it.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def circulant_descent(
    column: Float[Tensor, "*b d"],
    ratio: Float[Tensor, "*b 1"],
    rate: Float[Tensor, "*b 1"],
    size: Float[Tensor, "*b 1"],
    steps: int,
) -> Float[Tensor, "*b d"]:
    """Return the first column of the UUᵀ that `discrepant_descent` returns, from that of Y."""
    g = size * torch.ones_like(column)
    h, fast, d = g.clone(), ratio * rate, column.shape[-1]
    u = size * torch.ones_like(torch.fft.rfft(column).real)  # eigenvalues
    for _ in range(steps):
        residual = torch.fft.irfft(u.square(), n=d) + g.square() - h.square() - column
        u = u - rate * torch.fft.rfft(residual).real * u
        g, h = g - fast * residual * g, h + fast * residual * h
    return torch.fft.irfft(u.square(), n=d)


def circulant_pursuit(
    column: Float[Tensor, "*b d"], weight: Float[Tensor, "*b 1"], steps: int = 500
) -> Float[Tensor, "*b d"]:
    """Return the first column of the X that `component_pursuit` returns, from that of Y."""
    size = column.abs().mean(-1, keepdim=True)
    s, dual = torch.zeros_like(column), torch.zeros_like(column)
    for _ in range(steps):
        values = torch.fft.rfft(column - s + dual).real
        x = torch.fft.irfft((values - size).clamp_min(0), n=column.shape[-1])
        rest = column - x + dual
        s = rest.sign() * (rest.abs() - weight * size).clamp_min(0)
        dual = rest - s
    return x
