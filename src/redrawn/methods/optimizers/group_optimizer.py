"""What the optimizers here share: a closure, dense gradients only, and norms over a whole parameter group."""

import torch
from jaxtyping import Float
from torch import Tensor


class GroupOptimizer(torch.optim.Optimizer):
    """An optimizer whose step looks at all parameters of a group at once; a subclass writes `update`."""

    def update(self, group: dict, held: list[Tensor]) -> None:
        """Change the parameters `held`, which have dense gradients, in place."""
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure=None):
        """Make one step and return the closure's loss, if there is a closure.

        Raises:
            RuntimeError: a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            held = with_gradients(group["params"], type(self).__name__)
            if held:
                self.update(group, held)
        return loss


def with_gradients(parameters: list[Tensor], name: str) -> list[Tensor]:
    """Return the parameters that have a gradient, or raise RuntimeError where one is sparse."""
    held = [p for p in parameters if p.grad is not None]
    if any(p.grad.is_sparse for p in held):
        raise RuntimeError(f"{name} does not support sparse gradients")
    return held


def joint_norm(tensors: list[Float[Tensor, "..."]], batched: bool) -> Float[Tensor, "*e"]:
    """Return the Euclidean norm of all tensors taken as one vector.

    Args:
        tensors: at least one.
        batched: the first dimension of every tensor counts independent problems, and each has its own norm, (e,).
    """
    first = 1 if batched else 0
    return sum(t.flatten(first).square().sum(-1) for t in map(torch.atleast_1d, tensors)).sqrt()


def along(scale: Float[Tensor, "*e"], tensor: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return the scale, a number or one for each problem, in a shape that multiplies the tensor."""
    return scale.reshape(scale.shape + (1,) * (tensor.ndim - scale.ndim))
