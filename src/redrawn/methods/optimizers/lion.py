"""Lion (Chen et al., NeurIPS 2023, Algorithm 2), without weight decay.

w ← w − γ sign(β₁ m + (1 − β₁) g),    m ← β₂ m + (1 − β₂) g
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer
from redrawn.methods.optimizers.moments import check_rates


class Lion(GroupOptimizer):
    """Steps of one length in every coordinate, along the sign of an average of gradients.

    Args:
        params: parameters or groups.
        lr: γ.
        betas: β₁ of the step and β₂ of the average.

    Raises:
        ValueError: γ is not positive, or a β is not in [0, 1).
    """

    def __init__(self, params, lr: float, betas: tuple[float, float] = (0.9, 0.99)):
        check_rates(lr, betas)
        super().__init__(params, {"lr": lr, "betas": betas})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            average = self.state[p].setdefault("average", torch.zeros_like(p))
            p.sub_(group["lr"] * torch.lerp(p.grad, average, first).sign())
            average.lerp_(p.grad, 1 - second)
