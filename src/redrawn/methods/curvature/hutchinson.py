"""The trace of an operator from random signs (Hutchinson, Communications in Statistics 19, 1990).

E zᵀ A z = tr A for any z with E z zᵀ = I; with signs the variance is 2 Σ_{i≠j} A_ij², for a symmetric A.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def hutchinson(
    matvec: Callable[[Float[Tensor, "p n"]], Float[Tensor, "p n"]], probes: Float[Tensor, "p n"]
) -> Float[Tensor, " p"]:
    """Return one unbiased estimate of the trace a probe; their mean is the estimate, their spread its error."""
    return (probes * matvec(probes)).sum(-1)


def rademacher(
    count: int,
    size: int,
    source: torch.Generator,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, "p n"]:
    """Draw `count` vectors of `size` random signs from a generator of the CPU, and move them to the device."""
    return torch.randint(0, 2, (count, size), generator=source).mul(2).sub(1).to(device, dtype)
