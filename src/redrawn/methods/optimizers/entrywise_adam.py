"""Adam as an entrywise update with exponents of the width (Yang and Littwin, 2023, Eq. 2.2 and Sec. 2.2).

w ← w − η n^{−c} m̂ / √(v̂ + ε²), moments of the gradients n^d g

ε stands inside the root, so that Adam forgets the scale of n^d g only where that is far above ε.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


class EntrywiseAdam(GroupOptimizer):
    """Adam with a factor for gradients before, and for steps after.

    Args:
        params: parameters or groups; a group may have its own factors.
        lr: η.
        betas: β₁ and β₂.
        eps: ε.
        gradient_factor: n^d.
        step_factor: n^{−c}.

    Raises:
        ValueError: η is not positive, or a β is not in [0, 1).
    """

    def __init__(
        self, params, lr, betas=(0.9, 0.999), eps=1e-4, gradient_factor=1.0, step_factor=1.0
    ):
        if lr <= 0 or not all(0 <= b < 1 for b in betas):
            raise ValueError(f"lr must be positive and betas in [0, 1), got {lr} and {betas}")
        factors = {"gradient_factor": gradient_factor, "step_factor": step_factor}
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, **factors})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {"step": 0, "mean": torch.zeros_like(p), "square": torch.zeros_like(p)}
            state["step"] += 1
            gradient = group["gradient_factor"] * p.grad
            state["mean"].lerp_(gradient, 1 - first)
            state["square"].lerp_(gradient.square(), 1 - second)
            mean = state["mean"] / (1 - first ** state["step"])
            square = state["square"] / (1 - second ** state["step"])
            p.sub_(group["lr"] * group["step_factor"] * mean / (square + group["eps"] ** 2).sqrt())
