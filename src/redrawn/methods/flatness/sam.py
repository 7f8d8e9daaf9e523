"""Sharpness-aware minimization (Foret et al., ICLR 2021, Eq. 2 and 3).

min_θ max_{‖δ‖ ≤ ρ} L(θ + δ), with δ = ρ g/‖g‖ to first order: the step goes along ∇L(θ + ρ g/‖g‖).
"""

import torch

from redrawn.methods.flatness.moved_gradients import MovedGradients


class SAM(MovedGradients):
    """Step along the gradient at the worst point nearby: two gradients a step.

    Args:
        params: parameters or groups.
        base: class of the optimizer that steps.
        rho: radius ρ, in the units of the weights.
        batched: see base class.
        **options: for the base, such as its learning rate.

    Raises:
        ValueError: the radius is negative.
    """

    def __init__(
        self,
        params,
        base: type[torch.optim.Optimizer],
        rho: float = 0.05,
        batched: bool = False,
        **options,
    ):
        super().__init__(params, base, {"rho": rho}, batched, **options)

    def direction(self, held, gradients):
        """See base class."""
        self.move(held, gradients(), "rho")
        return gradients()
