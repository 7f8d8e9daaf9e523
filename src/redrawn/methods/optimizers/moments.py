"""Adam's two averages, corrected for their start at zero (Kingma and Ba, ICLR 2015, Algorithm 1)."""

import torch
from jaxtyping import Float
from torch import Tensor


def moments(
    state: dict,
    mean_of: Float[Tensor, "..."],
    square_of: Float[Tensor, "..."],
    betas: tuple[float, float],
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Take a step of m ← β₁ m + (1 − β₁) a and v ← β₂ v + (1 − β₂) b²; return m / (1 − β₁ᵗ) and v / (1 − β₂ᵗ).

    Args:
        state: a parameter's, in which `step`, `mean` and `square` are kept from step to step.
        mean_of: a, what the first average sees.
        square_of: b, what the second sees; both are the gradient in Adam.
        betas: β₁ and β₂.
    """
    first, second = betas
    if "step" not in state:
        state |= {"step": 0, "mean": torch.zeros_like(mean_of), "square": torch.zeros_like(mean_of)}
    state["step"] += 1
    state["mean"].lerp_(mean_of, 1 - first)
    state["square"].lerp_(square_of.square(), 1 - second)
    t = state["step"]
    return state["mean"] / (1 - first**t), state["square"] / (1 - second**t)


def check_rates(lr: float, betas: tuple[float, ...], eps: float = 0.0) -> None:
    """Raise ValueError unless η is positive, ε not negative, and every β in [0, 1)."""
    if lr <= 0 or eps < 0 or not all(0 <= b < 1 for b in betas):
        raise ValueError(
            f"lr {lr} must be positive, eps {eps} not negative, betas {betas} in [0, 1)"
        )
