"""β-normalised gradient descent (Chen et al., ICML 2023, Algorithm 1).

w ← w − γ ∇f(w) / ‖∇f(w)‖^β

β = 0 is plain descent, β = 1 makes steps of length γ. Where ‖∇²f‖ grows as ‖∇f‖^α, steps are safe from β = α on.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer, along, joint_norm


class NormalizedDescent(GroupOptimizer):
    """β-normalised gradient descent.

    Args:
        params: parameters or groups; the norm is that of a whole group.
        lr: γ.
        beta: β, in [0, 1].
        batched: the first dimension of every parameter counts independent problems.

    Raises:
        ValueError: γ is not positive, or β is not in [0, 1].
    """

    def __init__(self, params, lr: float, beta: float = 1.0, batched: bool = False):
        if lr <= 0 or not 0 <= beta <= 1:
            raise ValueError(f"lr must be positive and beta in [0, 1], got {lr} and {beta}")
        super().__init__(params, {"lr": lr, "beta": beta, "batched": batched})

    def update(self, group, held):
        """See base class."""
        norm = joint_norm([p.grad for p in held], group["batched"])
        # a stationary point stays where it is: 0 / 0^β is 0
        share = torch.where(norm > 0, norm.pow(-group["beta"]), 0.0)
        for p in held:
            p.sub_(group["lr"] * along(share, p) * p.grad)
