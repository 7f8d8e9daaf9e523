"""The error of a single recurrent unit as a function of its two parameters (Pascanu et al., Sec. 2.3, Fig. 6).

x_t = w σ(x_{t-1}) + b with σ the logistic function and x₀ = 0.5; E_T = (σ(x_T) - 0.7)².
"""

import torch
from jaxtyping import Float
from torch import Tensor


def error(w: Float[Tensor, "*n"], b: Float[Tensor, "*n"], steps: int = 50) -> Float[Tensor, "*n"]:
    """Return E after so many steps, at each pair of weight and bias."""
    x = torch.full_like(w + b, 0.5)
    for _ in range(steps):
        x = w * x.sigmoid() + b
    return (x.sigmoid() - 0.7).square()


def derivatives(
    w: Float[Tensor, "*n"], b: Float[Tensor, "*n"], steps: int = 50
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """Return ∂E/∂w, ∂E/∂b and ∂²E/∂b², by the chain rule forward in time."""
    x = torch.full_like(w + b, 0.5)
    by_w, by_b, twice = (torch.zeros_like(x) for _ in range(3))
    for _ in range(steps):
        s = x.sigmoid()
        slope = s - s.square()
        bend, factor = slope - 2 * s * slope, w * slope
        twice = w * (bend * by_b.square() + slope * twice)
        by_w, by_b = s + factor * by_w, factor * by_b + 1
        x = w * s + b
    s = x.sigmoid()
    slope, bend = s * (1 - s), s * (1 - s) * (1 - 2 * s)
    first = 2 * (s - 0.7) * slope
    second = 2 * (slope.square() + (s - 0.7) * bend)
    return first * by_w, first * by_b, second * by_b.square() + first * twice
