"""Shampoo (Gupta, Koren and Singer, ICML 2018, Algorithm 1), in the notation of Bernstein and Newhouse (2024, Eq. 15).

L ← β L + G Gᵀ,  R ← β R + Gᵀ G,  W ← W − η (L + εI)^{−1/4} G (R + εI)^{−1/4}

With β = 0 and ε = 0 the step is η U Vᵀ of the gradient's singular vectors.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer


def inverse_fourth_root(matrix: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """Return M^{−1/4} of a positive semi-definite matrix, on its range alone where it is singular."""
    values, vectors = torch.linalg.eigh(matrix)
    zero = values <= values[-1].clamp(min=0) * len(values) * torch.finfo(values.dtype).eps
    powers = torch.where(zero, 0.0, values.clamp(min=torch.finfo(values.dtype).tiny) ** -0.25)
    return vectors * powers @ vectors.mT


class Shampoo(GroupOptimizer):
    """Preconditioning of rows and columns; a vector is one column, a tensor a matrix of its first dimension.

    Args:
        params: parameters or groups.
        lr: η.
        beta: β, one for sums and zero for the last gradient alone.
        eps: ε.

    Raises:
        ValueError: η is not positive, ε negative, or β not in [0, 1].
    """

    def __init__(self, params, lr=1e-2, beta=1.0, eps=1e-6):
        if lr <= 0 or eps < 0 or not 0 <= beta <= 1:
            raise ValueError(
                f"lr {lr} must be positive, eps {eps} not negative, beta {beta} in [0, 1]"
            )
        super().__init__(params, {"lr": lr, "beta": beta, "eps": eps})

    def update(self, group, held):
        """See base class."""
        for p in held:
            g = p.grad.reshape(len(p) if p.ndim else 1, -1)
            state = self.state[p]
            if not state:
                state |= {"left": g.new_zeros(len(g), len(g))}
                state |= {"right": g.new_zeros(g.shape[1], g.shape[1])}
            state["left"].mul_(group["beta"]).add_(g @ g.mT)
            state["right"].mul_(group["beta"]).add_(g.mT @ g)
            left, right = (
                inverse_fourth_root(m + group["eps"] * torch.eye(len(m)).to(m))
                for m in (state["left"], state["right"])
            )
            p.sub_(group["lr"] * (left @ g @ right).view_as(p))
