"""Gradient descent with a clipped norm, in the form of Chen et al. (ICML 2023, experiments).

w ← w − γ ∇f(w) / max(‖∇f(w)‖, c)
"""

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer, along, joint_norm


class ClippedDescent(GroupOptimizer):
    """Descent with steps of length γ where the gradient is longer than c, and of γ/c times the gradient elsewhere.

    Args:
        params: parameters or groups; the norm is that of a whole group.
        lr: γ.
        threshold: c.
        batched: the first dimension of every parameter counts independent problems.

    Raises:
        ValueError: γ or c is not positive.
    """

    def __init__(self, params, lr: float, threshold: float, batched: bool = False):
        if lr <= 0 or threshold <= 0:
            raise ValueError(f"lr and threshold must be positive, got {lr} and {threshold}")
        super().__init__(params, {"lr": lr, "threshold": threshold, "batched": batched})

    def update(self, group, held):
        """See base class."""
        norm = joint_norm([p.grad for p in held], group["batched"]).clamp(min=group["threshold"])
        for p in held:
            p.sub_(group["lr"] * p.grad / along(norm, p))
