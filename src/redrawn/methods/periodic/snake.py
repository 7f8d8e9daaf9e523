"""Snake, a periodic activation that keeps a trend (Ziyin, Hartwig, Ueda; NeurIPS 2020).

Snake_a(x) = x + sin²(ax) / a = x - cos(2ax) / (2a) + 1 / (2a)
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def snake(x: Float[Tensor, "..."], a: float = 1.0) -> Float[Tensor, "..."]:
    """Evaluate Snake_a; its slope 1 + sin(2ax) is never negative.

    Args:
        x: pre-activations.
        a: half the angular frequency of the periodic part; the paper's a.

    Raises:
        ValueError: `a` is not positive.
    """
    if a <= 0:
        raise ValueError(f"a must be positive, got {a}")
    return x + torch.sin(a * x).square() / a


def snake_variance(a: float) -> float:
    """Return Var Snake_a(z) for z ~ N(0, 1): what an initialisation has to divide by to keep unit variance."""
    return 1 + (1 + math.exp(-8 * a * a) - 2 * math.exp(-4 * a * a)) / (8 * a * a)


def cosine_from_snakes(x: Float[Tensor, "..."], frequency: float) -> Float[Tensor, "..."]:
    """Return cos(frequency · x) from two Snake neurons: Snake_a(x) + Snake_a(-x) = 2 sin²(ax) / a.

    The step by which the paper proves that Snake networks approximate any periodic function (Theorem 3).
    """
    a = frequency / 2
    return 1 - a * (snake(x, a) + snake(-x, a))
