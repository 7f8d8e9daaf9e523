"""Bloop: keep the main loss, and move along the auxiliary one where the main loss is flat (Hsieh et al., ICML 2024).

    d = g_main + λ (g_aux - (g_aux·e / ‖e‖²) e),   e ← (1 - ρ) e + ρ g_main                (Eq. 5, Alg. 1)

The gradients are of one batch, e averages over batches. As in the authors' code e is renewed before it is used; the paper's
algorithm renews it afterwards. ρ = 1 is the projection on a single batch's gradient.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def _share(a: Tensor, b: Tensor) -> Tensor:
    """Return a·b / ‖b‖², zero where b is."""
    square = b.square().sum(-1, keepdim=True)
    return torch.where(square > 0, (a * b).sum(-1, keepdim=True) / square, 0.0)


def renew(
    average: Float[Tensor, "... n"], main: Float[Tensor, "... n"], rate: float | Tensor
) -> Float[Tensor, "... n"]:
    """Return (1 - ρ) e + ρ g_main.

    Raises:
        ValueError: ρ outside of (0, 1].
    """
    if not bool(((torch.as_tensor(rate) > 0) & (torch.as_tensor(rate) <= 1)).all()):
        raise ValueError(f"rate must lie in (0, 1], got {rate}")
    return average + rate * (main - average)


def project_out(
    auxiliary: Float[Tensor, "... n"], direction: Float[Tensor, "... n"]
) -> Float[Tensor, "... n"]:
    """Return the part of `auxiliary` that is orthogonal to `direction`."""
    return auxiliary - _share(auxiliary, direction) * direction


def bloop(
    main: Float[Tensor, "... n"],
    auxiliary: Float[Tensor, "... n"],
    average: Float[Tensor, "... n"],
    weight: Float[Tensor, "... 1"] | float,
) -> Float[Tensor, "... n"]:
    """Return d of Eq. 5, given e after it was renewed."""
    return main + weight * project_out(auxiliary, average)


def dynamic_barrier(
    main: Float[Tensor, "... n"],
    auxiliary: Float[Tensor, "... n"],
    weight: Float[Tensor, "... 1"] | float,
) -> Float[Tensor, "... n"]:
    """Return μ g_main + λ g_aux, μ = max(1 - λ g_aux·g_main/‖g_main‖², 0): projected only where it would not ascend."""
    return (1 - weight * _share(auxiliary, main)).clamp_min(0) * main + weight * auxiliary
