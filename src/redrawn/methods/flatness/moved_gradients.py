"""What optimizers share that take gradients at moved weights and leave the step itself to another optimizer."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


class MovedGradients(torch.optim.Optimizer):
    """Several gradients a step, each from a call of the closure; a subclass writes `direction`.

    The closure clears the gradients, calls the loss and its `backward`, and returns the loss. It must see the same
    batch in every call, and statistics such as BatchNorm's should move in the first call alone.

    Args:
        params: parameters or groups, of which each may have radii of its own.
        base: class of the optimizer that steps along the direction found.
        defaults: of the subclass.
        batched: the first dimension of every parameter counts networks that share nothing: norms are each one's own.
        **options: for the base.
    """

    def __init__(
        self, params, base: type[torch.optim.Optimizer], defaults: dict, batched: bool, **options
    ):
        if any(value < 0 for name, value in defaults.items() if name.startswith("rho")):
            raise ValueError(f"a radius must not be negative, got {defaults}")
        super().__init__(params, defaults)
        self.batched = batched
        self.base = base(self.param_groups, **options)
        self.defaults = self.base.defaults | self.defaults
        self._share()

    def _share(self):
        # one list of groups and one state: schedules, state_dict and new groups reach both
        self.base.param_groups, self.base.state = self.param_groups, self.state

    def load_state_dict(self, state_dict):
        """See base class."""
        super().load_state_dict(state_dict)
        self._share()

    def direction(self, held: list[Tensor], gradients: Callable[[], list[Tensor]]) -> list[Tensor]:
        """Return what the base shall take for the gradient.

        Args:
            held: parameters with gradients; may be moved, and are put back afterwards.
            gradients: calls the closure at the weights as they are.
        """
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure=None):
        """Make one step and return the loss at the weights before it.

        Raises:
            RuntimeError: no closure, or a sparse gradient.
        """
        if closure is None:
            raise RuntimeError(
                f"{type(self).__name__} calls its closure several times a step: give one"
            )
        with torch.enable_grad():
            loss = closure()
        held = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        if any(p.grad.is_sparse for p in held):
            raise RuntimeError(f"{type(self).__name__} does not support sparse gradients")
        first, before = True, [p.clone() for p in held]

        def gradients():
            nonlocal first
            if not first:
                with torch.enable_grad():
                    closure()
            first = False
            return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in held]

        try:
            found = self.direction(held, gradients) if held else []
        finally:  # a closure that fails does not leave the weights moved
            for p, start in zip(held, before, strict=True):
                p.copy_(start)
        for p, g in zip(held, found, strict=True):
            p.grad = g
        self.base.step()
        return loss

    def move(self, held: list[Tensor], along: list[Tensor], radius: str) -> None:
        """Move the weights along a direction of joint length one, times each group's radius of that name."""
        norm = inner(along, along, self.batched).sqrt()
        scale = torch.where(norm > 0, 1 / norm, 0.0)
        radii = {p: group[radius] for group in self.param_groups for p in group["params"]}
        for p, d in zip(held, along, strict=True):
            p.add_(radii[p] * spread(scale, d) * d)


def inner(a: list[Float[Tensor, "..."]], b: list[Float[Tensor, "..."]], batched: bool):
    """Return the inner product of two lists of tensors, each taken as one vector; one a network if batched, (e,)."""
    products = (x * y for x, y in zip(a, b, strict=True))
    return sum(p.flatten(1).sum(1) if batched else p.sum() for p in map(torch.atleast_1d, products))


def spread(scale: Float[Tensor, "*e"], tensor: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return the scale, one number or one a network, in a shape that multiplies the tensor."""
    return scale.reshape(scale.shape + (1,) * (tensor.ndim - scale.ndim))
