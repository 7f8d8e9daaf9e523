"""AdEMAMix: Adam with a second, slow average of gradients (Pagliardini, Ablin and Grangier, 2024, Algorithm 1).

m₁ ← β₁ m₁ + (1 − β₁) g,  m₂ ← β₃(t) m₂ + (1 − β₃(t)) g,  v ← β₂ v + (1 − β₂) g²
w ← w − η [(m̂₁ + α(t) m₂) / (√v̂ + ε) + λ w]

m₂ is not corrected for its start at zero. Both schedules end at step T: α(t) = α t/T, and β₃(t) goes from β₁ to β₃ such
that its half-life grows linearly.
"""

import math

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


def slow_beta(share: float, first: float, slow: float) -> float:
    """Return β₃ after this share, in [0, 1], of the schedule from β₁ to β₃ by half-lives."""
    if first == 0:
        return slow * (share == 1)
    return math.exp(1 / ((1 - share) / math.log(first) + share / math.log(slow)))


class AdEMAMix(GroupOptimizer):
    """Adam that also weighs gradients thousands of steps old.

    Args:
        params: parameters or groups.
        lr: η.
        betas: β₁, β₂ and the slow β₃.
        alpha: α, weight of the slow average.
        horizon: T, steps that both schedules take; None starts without schedules.
        eps: ε, outside of the root.
        weight_decay: λ, decoupled.

    Raises:
        ValueError: η or T is not positive, α, ε or λ is negative, or a β is not in [0, 1) or β₃ is 0.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999, 0.9999),
        alpha=5.0,
        horizon=None,
        eps=1e-8,
        weight_decay=0.0,
    ):
        if lr <= 0 or min(alpha, eps, weight_decay) < 0 or (horizon is not None and horizon <= 0):
            raise ValueError(
                "lr and horizon must be positive; alpha, eps and weight_decay not negative"
            )
        if not all(0 <= b < 1 for b in betas) or betas[2] == 0:
            raise ValueError(f"betas must be in [0, 1), and the slow one not zero, got {betas}")
        kept = {"alpha": alpha, "horizon": horizon, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {"lr": lr, "betas": betas, **kept})

    def update(self, group, held):
        """See base class."""
        first, second, slow = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {name: torch.zeros_like(p) for name in ("mean", "slow", "square")}
                state["step"] = 0
            state["step"] += 1
            t = state["step"]
            share = 1.0 if group["horizon"] is None else min(t / group["horizon"], 1.0)
            state["mean"].lerp_(p.grad, 1 - first)
            state["slow"].lerp_(p.grad, 1 - slow_beta(share, first, slow))
            state["square"].lerp_(p.grad.square(), 1 - second)
            both = state["mean"] / (1 - first**t) + share * group["alpha"] * state["slow"]
            scale = (state["square"] / (1 - second**t)).sqrt() + group["eps"]
            p.sub_(group["lr"] * (both / scale + group["weight_decay"] * p))
