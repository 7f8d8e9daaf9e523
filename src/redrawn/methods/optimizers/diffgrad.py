"""DiffGrad: Adam slowed where the gradient changes little (Dubey et al., TNNLS 2020).

ξ = 1 / (1 + exp(−|g_{t−1} − g_t|)),  g_0 = 0,  w ← w − η ξ m̂ / (√v̂ + ε)

ξ is ½ where the gradient does not change and near one where it changes by much. The first version of the authors' code
compared the gradient with itself, so that ξ was ½ throughout; this is the mended one.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


class DiffGrad(GroupOptimizer):
    """Adam times a friction coefficient of each coordinate.

    Args:
        params: parameters or groups.
        lr: η.
        betas: β₁ and β₂.
        eps: ε, outside of the root.

    Raises:
        ValueError: η is not positive, ε negative, or a β not in [0, 1).
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        if lr <= 0 or eps < 0 or not all(0 <= b < 1 for b in betas):
            raise ValueError(
                f"lr {lr} must be positive, eps {eps} not negative, betas {betas} in [0, 1)"
            )
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {name: torch.zeros_like(p) for name in ("mean", "square", "gradient")}
                state["step"] = 0
            state["step"] += 1
            state["mean"].lerp_(p.grad, 1 - first)
            state["square"].lerp_(p.grad.square(), 1 - second)
            friction = (state["gradient"] - p.grad).abs().sigmoid()
            state["gradient"].copy_(p.grad)  # a reference would follow the next gradient
            mean = state["mean"] / (1 - first ** state["step"])
            square = state["square"] / (1 - second ** state["step"])
            p.sub_(group["lr"] * friction * mean / (square.sqrt() + group["eps"]))
