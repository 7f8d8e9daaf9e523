"""Gradient norm aware minimization (Zhang et al., CVPR 2023), in the accelerated form of the authors' code.

It adds first-order flatness, ρ max_{‖δ‖ ≤ ρ} ‖∇L(θ + δ)‖, to the loss. The gradient of ‖∇L‖ is Hg/‖g‖, a difference of
gradients: (∇L(θ + ρ′ g/‖g‖) - g)/ρ′.
"""

import torch

from redrawn.methods.flatness.moved_gradients import MovedGradients, inner, spread


class GAM(MovedGradients):
    """Step away from places near which the gradient is large: four gradients a step.

    g₀ at θ; g₁ at θ + ρ′ g₀/‖g₀‖; g₂ at θ₂ = θ + ρ (g₁ - g₀)/‖g₁ - g₀‖, where the norm of the gradient is largest to
    first order; g₃ at θ₂ + ρ′ g₂/‖g₂‖. The direction is h - γ m⊥, with h = β₁ g₁ + (1 - β₁) g₃ and m⊥ the part of
    m = g₀ + |1 - β₀| g₂ that is orthogonal to h.

    Args:
        params: parameters or groups.
        base: class of the optimizer that steps.
        rho: radius ρ within which the gradient's norm shall be small; the default is the authors' for CIFAR-10.
        rho_difference: radius ρ′ of the differences.
        betas: β₀ and β₁.
        gamma: γ.
        batched: see base class.
        **options: for the base, such as its learning rate.

    Raises:
        ValueError: a radius is negative.
    """

    def __init__(self, params, base: type[torch.optim.Optimizer], rho: float = 0.2, rho_difference: float = 0.03,
                 betas: tuple[float, float] = (0.1, 0.1), gamma: float = 0.05, batched: bool = False, **options):  # fmt: skip
        defaults = {"rho": rho, "rho_difference": rho_difference}
        super().__init__(params, base, defaults, batched, **options)
        self.weights, self.gamma = betas, gamma

    def direction(self, held, gradients):
        """See base class."""
        start = [p.clone() for p in held]
        g0 = gradients()
        self.move(held, g0, "rho_difference")
        g1 = gradients()
        torch._foreach_copy_(held, start)
        self.move(held, torch._foreach_sub(g1, g0), "rho")
        g2 = gradients()
        self.move(held, g2, "rho_difference")
        g3 = gradients()
        loss_weight, difference_weight = self.weights
        h = torch._foreach_lerp(g3, g1, difference_weight)
        m = torch._foreach_add(g0, g2, alpha=abs(1 - loss_weight))
        along = inner(m, h, self.batched) / inner(h, h, self.batched).clamp_min(
            torch.finfo(h[0].dtype).tiny
        )
        return [a - self.gamma * (b - spread(along, a) * a) for a, b in zip(h, m, strict=True)]
