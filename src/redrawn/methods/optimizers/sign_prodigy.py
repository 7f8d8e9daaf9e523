"""Prodigy without its averages (Mishchenko and Defazio, 2024), as Bernstein and Newhouse read it (2024, Eqs. 28 and 29).

η_{t+1} = max(η_t, ⟨g_t, w_0 − w_t⟩ / ‖g_t‖₁),  w_{t+1} = w_t − η_t sign(g_t)
"""

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


class SignProdigy(GroupOptimizer):
    """Sign descent whose step size grows with the distance gone along the gradient.

    Args:
        params: parameters or groups; a group has one step size, `lr`.
        lr: η_0, far too small.

    Raises:
        ValueError: η_0 is not positive.
    """

    def __init__(self, params, lr: float = 1e-6):
        if lr <= 0:
            raise ValueError(f"lr must be positive, got {lr}")
        super().__init__(params, {"lr": lr})

    def update(self, group, held):
        """See base class."""
        for p in held:
            if not self.state[p]:
                self.state[p]["start"] = p.clone()
        size = sum(p.grad.abs().sum() for p in held)
        gone = sum((p.grad * (self.state[p]["start"] - p)).sum() for p in held)
        for p in held:
            p.sub_(group["lr"] * p.grad.sign())
        if size > 0:
            group["lr"] = max(group["lr"], (gone / size).item())
