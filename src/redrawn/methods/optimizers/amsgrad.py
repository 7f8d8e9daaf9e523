"""AMSGrad, and Adam in the form that its counter-examples are written in (Reddi, Kale and Kumar, ICLR 2018, Algorithms 1 and 2).

m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  v̂ ← max(v̂, v)  (Adam: v̂ = v)
w ← Π(w − α m / (√v̂ + ε))

Neither average is corrected for its start at zero. Π projects onto a box in the norm that √v̂ weighs, which for a
box is to clip each coordinate. The paper has no ε; it is there for coordinates that have never had a gradient.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer
from redrawn.methods.optimizers.moments import check_rates


class AMSGrad(GroupOptimizer):
    """Adam that divides by the largest second moment so far.

    Args:
        params: parameters or groups.
        lr: α; multiply it by 1/√t by a scheduler for the theorems.
        betas: β₁ and β₂.
        eps: ε, outside of the root.
        box: lower and upper end of every coordinate, or None.
        largest: whether to keep the largest v; without it this is Adam.

    Raises:
        ValueError: α is not positive, ε negative, a β not in [0, 1), or the box empty.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, box=None, largest=True):
        check_rates(lr, betas, eps)
        if box is not None and box[0] > box[1]:
            raise ValueError(f"an empty box, {box}")
        kept = {"eps": eps, "box": box, "largest": largest}
        super().__init__(params, {"lr": lr, "betas": betas, **kept})

    def update(self, group, held):
        """See base class."""
        first, second = group["betas"]
        for p in held:
            state = self.state[p]
            if not state:
                state |= {name: torch.zeros_like(p) for name in ("mean", "square", "largest")}
            state["mean"].lerp_(p.grad, 1 - first)
            state["square"].lerp_(p.grad.square(), 1 - second)
            scale = state["square"]
            if group["largest"]:
                scale = torch.maximum(state["largest"], scale, out=state["largest"])
            p.sub_(group["lr"] * state["mean"] / (scale.sqrt() + group["eps"]))
            if group["box"] is not None:
                p.clamp_(*group["box"])
