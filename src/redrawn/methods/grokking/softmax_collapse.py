"""Cross-entropy in a given precision, and where it collapses (Prieto et al., ICLR 2025, Sec. 3).

    L = log Σ_k exp(z_k - max z) - (z_y - max z)

If the largest logit is the right one and leads by enough, the sum rounds to exactly one: loss and the gradient of the
right class are then exactly zero. With unit round-off u (half the spacing above one) and K competitors that are equal,
this needs a lead of ln(K/u).
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

ROUND_OFF = {torch.float16: 2.0**-11, torch.float32: 2.0**-24, torch.float64: 2.0**-53}
"""Largest relative error of rounding to nearest, of each precision."""


def _shifted_sum(logits: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    if precision not in ROUND_OFF:
        raise ValueError(f"precision must be one of {list(ROUND_OFF)}, got {precision}")
    z = logits.to(precision)
    z = z - z.detach().amax(-1, keepdim=True)
    # torch may add halves in single precision; the sum is rounded to `precision` in any case
    return z, z.exp().sum(-1, keepdim=True)


def log_softmax(
    logits: Float[Tensor, "... classes"], precision: torch.dtype
) -> Float[Tensor, "... classes"]:
    """Return the log-probabilities, with logits, exponentials and sum held in `precision`.

    Raises:
        ValueError: a precision other than float16, float32 and float64.
    """
    z, total = _shifted_sum(logits, precision)
    return z - total.log()


def cross_entropy(
    logits: Float[Tensor, "... classes"], target: Int[Tensor, "..."], precision: torch.dtype
) -> Float[Tensor, "..."]:
    """Return each sample's cross-entropy in nats, computed in `precision` and returned as logits' type."""
    found = log_softmax(logits, precision).gather(-1, target[..., None])[..., 0]
    return -found.to(logits.dtype if precision != torch.float64 else precision)


def collapsed(logits: Float[Tensor, "... classes"], precision: torch.dtype) -> Bool[Tensor, "..."]:
    """Say of each sample whether its softmax sum is exactly one in `precision`."""
    return _shifted_sum(logits, precision)[1][..., 0] == 1
