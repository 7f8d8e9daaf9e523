"""SANIA: Polyak steps that are Newton steps where they would be longer (Abdukhakimov et al., 2023, with f* = 0).

q = gᵀ B⁻¹ g,  λ = 1 − √(1 − 2f/q) if 2f ≤ q, else 1,  w ← w − λ B⁻¹ g

f is the loss of the batch. With B of squared gradients and no root, rescaled features give the same predictions.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer

KINDS = ("adagrad", "adam", "identity")


class Sania(GroupOptimizer):
    """No learning rate; `step` needs a closure that returns the loss, which is zero at best.

    Args:
        params: parameters or groups; a group has one λ.
        kind: of B: "adagrad", the sum of squared gradients; "adam", their corrected average; or "identity".
        beta: of the average.
        eps: least entry of B, zero for exact invariance; where B is zero there is no step.

    Raises:
        ValueError: there is no such kind, β is not in [0, 1), or ε is negative.
    """

    def __init__(self, params, kind: str = "adagrad", beta: float = 0.999, eps: float = 0.0):
        if kind not in KINDS or not 0 <= beta < 1 or eps < 0:
            raise ValueError(f"kind {kind!r} must be in {KINDS}, beta in [0, 1), eps not negative")
        super().__init__(params, {"kind": kind, "beta": beta, "eps": eps})

    def step(self, closure):
        """See base class; the closure is not optional."""
        with torch.enable_grad():
            self.loss = closure()
        super().step()
        return self.loss

    def update(self, group, held):
        """See base class."""
        moves = [self._preconditioned(group, p) for p in held]
        q = sum((p.grad * move).sum() for p, move in zip(held, moves, strict=True))
        share = torch.where(q > 0, 2 * self.loss.detach() / q, 0.0).clamp(0, 1)
        for p, move in zip(held, moves, strict=True):
            p.sub_((1 - (1 - share).sqrt()) * move)

    def _preconditioned(self, group, p):
        if group["kind"] == "identity":
            return p.grad
        state = self.state[p]
        if not state:
            state |= {"step": 0, "square": torch.zeros_like(p)}
        state["step"] += 1
        b = state["square"]
        if group["kind"] == "adagrad":
            b += p.grad.square()
        else:
            b.lerp_(p.grad.square(), 1 - group["beta"])
            b = b / (1 - group["beta"] ** state["step"])
        b = b.clamp(min=group["eps"])
        return torch.where(b > 0, p.grad / b, 0.0)
