"""SPIDER with normalised steps (Fang et al., NeurIPS 2018; Chen et al., ICML 2023, Algorithm 2).

v₀ = ∇f_S(w₀) on a large batch S, again every q steps; between them, on small batches B,
v_t = v_{t−1} + ∇f_B(w_t) − ∇f_B(w_{t−1}),    w_{t+1} = w_t − γ v_t / ‖v_t‖
"""

import torch

from redrawn.methods.optimizers.group_optimizer import along, joint_norm, with_gradients


class Spider(torch.optim.Optimizer):
    """SPIDER; the caller draws batches and says when one of them is large.

    Args:
        params: parameters or groups; the norm is that of a whole group.
        lr: γ, the length of a step.
        batched: the first dimension of every parameter counts independent problems.

    Raises:
        ValueError: γ is not positive.
    """

    def __init__(self, params, lr: float, batched: bool = False):
        if lr <= 0:
            raise ValueError(f"lr must be positive, got {lr}")
        super().__init__(params, {"lr": lr, "batched": batched})

    @torch.no_grad()
    def step(self, closure, refresh: bool = False):
        """Make one step and return the loss at its start.

        Args:
            closure: clears gradients, computes them on one fixed batch at whatever the parameters are, and returns
                the loss; called twice, at this iterate and at the one before.
            refresh: the batch is a large one, and v starts anew; so it does at the first step.

        Raises:
            RuntimeError: a gradient is sparse.
        """
        loss = self._evaluate(closure)
        held = [self._held(group) for group in self.param_groups]
        everything = [p for group in held for p in group]
        gradients = [p.grad.clone() for p in everything]
        known = all("estimate" in self.state[p] for p in everything)
        if refresh or not known:
            for p, gradient in zip(everything, gradients, strict=True):
                self.state[p]["estimate"] = gradient
        else:
            here = [p.clone() for p in everything]
            self._move(everything, [self.state[p]["previous"] for p in everything])
            self._evaluate(closure)
            for p, gradient in zip(everything, gradients, strict=True):
                self.state[p]["estimate"] = self.state[p]["estimate"] + gradient - p.grad
            self._move(everything, here)
        for group, members in zip(self.param_groups, held, strict=True):
            self._descend(group, members)
        return loss

    def _descend(self, group, members):
        if not members:
            return
        norm = joint_norm([self.state[p]["estimate"] for p in members], group["batched"])
        share = torch.where(norm > 0, 1 / norm, 0.0)
        for p in members:
            self.state[p]["previous"] = p.clone()
            p.sub_(group["lr"] * along(share, p) * self.state[p]["estimate"])

    def _held(self, group):
        return with_gradients(group["params"], "Spider")

    @staticmethod
    def _evaluate(closure):
        with torch.enable_grad():
            return closure()

    @staticmethod
    def _move(parameters, values):
        for p, value in zip(parameters, values, strict=True):
            p.copy_(value)
