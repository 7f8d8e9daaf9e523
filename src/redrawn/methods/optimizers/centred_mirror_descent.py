"""Online learning without bounds on the domain or the gradients (Jacobsen and Cutkosky, ICML 2023).

Losses have subgradients ‖g_t‖ ≤ G + L‖w_t‖. Mirror descent centred at the start, in the form that a radial
regulariser gives it (a reconstruction: the constants 3 and κ are not confirmed):

w_{t+1} = −r ĝ,  ĝ the direction of Σ g,  ψ'(r) = ‖Σ g‖,
ψ'(r) = 3 min_{η ≤ 1/G} [F(r)/η + η V] + κ √(4L² + Σ L²) r,  F(r) = log(1 + r/a),
V = 4G² + Σ G²,  a = ε G / (√V log²(V/G²))

The logarithm lets the learner go wherever gradients point, the quadratic term pays for gradients that grow with w.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer, along, joint_norm

NEWTON_STEPS = 60
NEWTON_TOLERANCE = 1e-10


class CentredMirrorDescent(GroupOptimizer):
    """Mirror descent from where the parameters stand at the first step.

    Args:
        params: parameters or groups; the norm is that of a whole group.
        gradient: G.
        growth: L.
        epsilon: ε, the regret against the start in units of G; small ones are slow to leave it.
        kappa: κ, weight of the quadratic term.
        batched: the first dimension of every parameter counts independent problems.

    Raises:
        ValueError: G or ε is not positive, or L or κ is negative.
    """

    def __init__(self, params, gradient, growth, epsilon=1.0, kappa=4.0, batched=False):
        if min(gradient, epsilon) <= 0 or min(growth, kappa) < 0:
            raise ValueError("gradient and epsilon must be positive, growth and kappa not negative")
        constants = {"gradient": gradient, "growth": growth, "epsilon": epsilon, "kappa": kappa}
        super().__init__(params, {**constants, "batched": batched})

    def update(self, group, held):
        """See base class."""
        for p in held:
            if not self.state[p]:
                self.state[p] |= {"step": 0, "centre": p.clone(), "sum": torch.zeros_like(p)}
            self.state[p]["sum"] += p.grad
            self.state[p]["step"] += 1
        rounds = max(self.state[p]["step"] for p in held)
        norm = joint_norm([self.state[p]["sum"] for p in held], group["batched"])
        constants = [group[k] for k in ("gradient", "growth", "epsilon", "kappa")]
        radius = radius_of(norm, rounds, *constants)
        share = torch.where(norm > 0, radius / norm, 0.0)
        for p in held:
            p.copy_(self.state[p]["centre"] - along(share, p) * self.state[p]["sum"])


def slope(
    r: Float[Tensor, "*e"], rounds: int, gradient: float, growth: float, epsilon: float, kappa: float
) -> Float[Tensor, "*e"]:
    """Return ψ'(r) after so many rounds."""
    v, a, quadratic = _constants(rounds, gradient, growth, epsilon, kappa)
    return _logarithmic(torch.log1p(r / a), v, gradient)[0] + quadratic * r


def radius_of(
    norm: Float[Tensor, "*e"], rounds: int, gradient: float, growth: float, epsilon: float, kappa: float
) -> Float[Tensor, "*e"]:
    """Return r with ψ'(r) = norm, by Newton's method in F = log(1 + r/a)."""
    v, a, quadratic = _constants(rounds, gradient, growth, epsilon, kappa)
    # the least of what each term alone would allow lies above the root
    f = torch.minimum((norm / 6) ** 2 / v, torch.full_like(norm, v / gradient**2))
    f = torch.where(f < v / gradient**2, f, (norm / 3 - v / gradient).clamp(min=0) / gradient)
    if quadratic > 0:
        f = torch.minimum(f, torch.log1p(norm / quadratic / a))
    for _ in range(NEWTON_STEPS):
        value, derivative = _logarithmic(f, v, gradient)
        r = a * torch.expm1(f)
        excess = value + quadratic * r - norm
        step = excess / (derivative + quadratic * (r + a))
        f = torch.maximum(f - step, f / 8)
        if (step.abs() <= NEWTON_TOLERANCE * f).all():
            break
    return torch.where(norm > 0, a * torch.expm1(f), 0.0)


def _constants(rounds, gradient, growth, epsilon, kappa):
    ratio = torch.tensor(4.0 + rounds)
    a = epsilon / (ratio.sqrt() * ratio.log() ** 2).item()
    return gradient**2 * (4 + rounds), a, kappa * growth * (4 + rounds) ** 0.5


def _logarithmic(f, v, gradient):
    """Return 3 min over η of [F/η + ηV], and its derivative in F."""
    f = f.clamp(min=1e-300)
    inner = gradient * f.sqrt() <= v**0.5
    value = torch.where(inner, 2 * (v * f).sqrt(), gradient * f + v / gradient)
    derivative = torch.where(inner, (v / f).sqrt(), torch.full_like(f, gradient))
    return 3 * value, 3 * derivative
