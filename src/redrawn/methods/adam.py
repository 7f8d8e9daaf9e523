"""Torch's Adam without its class, whose constructor imports torch's compiler."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Torch's Adam for gradients that are at hand, to the bit: its own class imports torch's compiler first, two seconds."""

    def __init__(
        self,
        parameters: list[Tensor],
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        self.parameters = parameters
        self.means, self.squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
        self.counts = [torch.tensor(0.0) for _ in parameters]
        self.constants = {
            "beta1": betas[0], "beta2": betas[1], "eps": eps, "weight_decay": weight_decay,
            "foreach": len(parameters) > 1,  # the same numbers; for several tensors less of Python
            "amsgrad": False, "maximize": False,
        }  # fmt: skip

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float) -> None:
        """Take one step down the gradients, one a parameter."""
        state = (self.means, self.squares, [], self.counts)
        adam(self.parameters, list(gradients), *state, lr=learning_rate, **self.constants)
