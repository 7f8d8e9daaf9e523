"""Adam whose first moment sees a clipped gradient and whose second sees it whole (Pan and Li, 2023, Sec. 4).

m ← β₁ m + (1 − β₁) clip(g),  v ← β₂ v + (1 − β₂) g²,  w ← w − γ m̂ / (√v̂ + ε)
"""

import torch

from redrawn.methods.optimizers.coordinate_clipping import clip_coordinates
from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


class ClippedAdam(GroupOptimizer):
    """Adam with coordinate-wise clipping; share 0 is Adam.

    Args:
        params: parameters or groups, each a matrix with one row a network.
        lr: γ.
        share: q, the share of coordinates that is clipped.
        betas: β₁ and β₂.
        eps: ε, outside of the root.

    Raises:
        ValueError: γ is not positive, or a β or q is not in [0, 1).
    """

    def __init__(self, params, lr: float, share: float, betas=(0.9, 0.999), eps: float = 1e-8):
        if lr <= 0 or not all(0 <= b < 1 for b in (*betas, share)):
            raise ValueError(f"lr {lr} must be positive; betas {betas} and share {share} in [0, 1)")
        super().__init__(params, {"lr": lr, "share": share, "betas": betas, "eps": eps})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {"step": 0, "mean": torch.zeros_like(p), "square": torch.zeros_like(p)}
            state["step"] += 1
            state["mean"].lerp_(clip_coordinates(p.grad, group["share"]), 1 - first)
            state["square"].lerp_(p.grad.square(), 1 - second)
            mean = state["mean"] / (1 - first ** state["step"])
            square = state["square"] / (1 - second ** state["step"])
            p.sub_(group["lr"] * mean / (square.sqrt() + group["eps"]))
