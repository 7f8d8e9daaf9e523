"""RMSprop with one scale for all parameters, so that only the time of gradient flow is rescaled.

The optimiser of the experiments of Razin, Maman, Cohen (ICML 2022): v ← βv + (1-β) Σ‖g‖²,
step η g / (√(v / (1-βᵗ)) + ε), one v for each network of an ensemble.
"""

import torch
from torch import Tensor


class GroupRMSprop:
    """One optimiser for an ensemble; every parameter has the ensemble as its first dimension."""

    def __init__(
        self, parameters: list[Tensor], learning_rate: float, beta: float = 0.99, eps: float = 1e-6
    ):
        if not 0 <= beta < 1:
            raise ValueError(f"beta must be within 0 and 1, got {beta}")
        self.parameters, self.learning_rate = parameters, learning_rate
        self.beta, self.eps = beta, eps
        self.square = torch.zeros(
            len(parameters[0]), dtype=parameters[0].dtype, device=parameters[0].device
        )
        self.count = 0

    @torch.no_grad()
    def step(self, gradients: list[Tensor]) -> None:
        """Move every parameter against its gradient."""
        self.count += 1
        total = sum(g.flatten(1).square().sum(1) for g in gradients)
        self.square = self.beta * self.square + (1 - self.beta) * total
        size = (self.square / (1 - self.beta**self.count)).sqrt() + self.eps
        for p, g in zip(self.parameters, gradients, strict=True):
            p -= self.learning_rate * g / size.reshape(-1, *[1] * (g.dim() - 1))
