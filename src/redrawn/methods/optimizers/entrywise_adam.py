"""Adam as an entrywise update with exponents of the width (Yang and Littwin, 2023, Eq. 2.2 and Sec. 2.2).

w ← w − η n^{−c} m̂ / √(v̂ + ε²), moments of the gradients n^d g

ε stands inside the root, so that Adam forgets the scale of n^d g only where that is far above ε.
"""

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer
from redrawn.methods.optimizers.moments import check_rates, moments


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
        ValueError: η is not positive, ε negative, or a β not in [0, 1).
    """

    def __init__(
        self, params, lr, betas=(0.9, 0.999), eps=1e-4, gradient_factor=1.0, step_factor=1.0
    ):
        check_rates(lr, betas, eps)
        factors = {"gradient_factor": gradient_factor, "step_factor": step_factor}
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, **factors})

    def update(self, group, held):
        """See base class."""
        for p in held:
            gradient = group["gradient_factor"] * p.grad
            mean, square = moments(self.state[p], gradient, gradient, group["betas"])
            p.sub_(group["lr"] * group["step_factor"] * mean / (square + group["eps"] ** 2).sqrt())
