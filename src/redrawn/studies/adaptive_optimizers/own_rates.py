"""One optimizer for networks side by side, each at its own learning rate."""

import torch
from torch import Tensor

from redrawn.methods.optimizers.group_optimizer import along


class OwnRates:
    """Parameters whose first dimension counts networks, stepped by an optimizer that is proportional to its rate.

    The optimizer, at a rate of one, moves rows of zeros that have the networks' gradients; each network takes its own rate of
    that move, and the rows are put back. It must not look at parameters, as weight decay does.
    """

    def __init__(self, parameters: list[Tensor], make, rates: Tensor):
        self.parameters, self.rates = parameters, rates
        self.rows = [torch.zeros_like(p, requires_grad=False) for p in parameters]
        self.run = make(self.rows)

    @torch.no_grad()
    def step(self, gradients, factor: float = 1.0) -> None:
        """Step with these gradients, one a parameter, at `factor` times the rates."""
        for row, gradient in zip(self.rows, gradients, strict=True):
            row.grad = gradient
        self.run.step()
        for p, row in zip(self.parameters, self.rows, strict=True):
            p.add_(along(factor * self.rates, p) * row)
            row.zero_()
