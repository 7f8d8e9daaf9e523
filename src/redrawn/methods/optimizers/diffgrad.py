"""DiffGrad: Adam slowed where the gradient changes little (Dubey et al., TNNLS 2020).

ξ = 1 / (1 + exp(−|g_{t−1} − g_t|)),  g_0 = 0,  w ← w − η ξ m̂ / (√v̂ + ε)

ξ is ½ where the gradient does not change and near one where it changes by much. The first version of the authors' code
compared the gradient with itself, so that ξ was ½ throughout; this is the mended one.
"""

import torch

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer
from redrawn.methods.optimizers.moments import check_rates, moments


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
        check_rates(lr, betas, eps)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def update(self, group, held):
        """See base class."""
        for p in held:
            state = self.state[p]
            before = state.setdefault("gradient", torch.zeros_like(p))
            friction = (before - p.grad).abs().sigmoid()
            before.copy_(p.grad)  # a reference would follow the next gradient
            mean, square = moments(state, p.grad, p.grad, group["betas"])
            p.sub_(group["lr"] * friction * mean / (square.sqrt() + group["eps"]))
