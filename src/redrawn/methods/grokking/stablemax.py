"""StableMax: a softmax whose exponential is replaced by a function that grows linearly (Prieto et al., Sec. 3.3).

    s(x) = x + 1 for x ≥ 0, 1 / (1 - x) for x < 0;    p_i = s(z_i) / Σ_j s(z_j)

By the paper's Proposition 1 it is the softmax of sign(z) log(1 + |z|).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def stablemax_cross_entropy(
    logits: Float[Tensor, "... classes"], target: Int[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """Return -log p_y of each sample in nats, evaluated in float64 as the authors' code does.

    Raises:
        ValueError: logits of integers.
    """
    if not logits.is_floating_point():
        raise ValueError(f"logits must be floating-point numbers, got {logits.dtype}")
    z = logits.double()
    positive = z.clamp_min(0) + 1
    negative = 1 / (1 - z.clamp_max(0))  # one factor is 1: the product is s(z), with safe gradients
    s = torch.where(z >= 0, positive, negative)
    chosen = s.gather(-1, target[..., None])[..., 0]
    return s.sum(-1).log() - chosen.log()
