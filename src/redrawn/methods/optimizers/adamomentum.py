"""AdaMomentum: the second moment of the average, not of the gradient (Wang et al., 2021; later called AdaM³).

m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) m² + ε,  w ← w − η m̂ / √v̂

As in the authors' code, ε is added to v at every step and stays in it, so that it grows to ε/(1 − β₂).
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


class AdaMomentum(GroupOptimizer):
    """Adam whose second average is one of squared averages.

    Args:
        params: parameters or groups.
        lr: η.
        betas: β₁ and β₂.
        eps: ε, inside of the root.

    Raises:
        ValueError: η or ε is not positive, or a β is not in [0, 1).
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-16):
        if min(lr, eps) <= 0 or not all(0 <= b < 1 for b in betas):
            raise ValueError(f"lr {lr} and eps {eps} must be positive, betas {betas} in [0, 1)")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {"step": 0, "mean": torch.zeros_like(p), "square": torch.zeros_like(p)}
            state["step"] += 1
            state["mean"].lerp_(p.grad, 1 - first)
            state["square"].lerp_(state["mean"].square(), 1 - second).add_(group["eps"])
            mean = state["mean"] / (1 - first ** state["step"])
            square = state["square"] / (1 - second ** state["step"])
            p.sub_(group["lr"] * mean / square.sqrt())
