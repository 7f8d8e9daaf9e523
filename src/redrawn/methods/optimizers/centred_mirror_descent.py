"""Online learning without bounds on the domain or the gradients (Jacobsen and Cutkosky, ICML 2023).

Losses have subgradients ‖g_t‖ ≤ G + L‖w_t‖. Mirror descent centred at the start, in the form that a radial
regulariser gives it (a reconstruction: the constants 3 and κ are not confirmed):

w_{t+1} = −r ĝ,  ĝ the direction of Σ g,  ψ'(r) = ‖Σ g‖,
ψ'(r) = 3 min_{η ≤ 1/G} [F(r)/η + η V] + κ √(4L² + Σ L²) r,  F(r) = log(1 + r/a),
V = 4G² + Σ G²,  a = ε G / (√V log²(V/G²))

The logarithm lets the learner go wherever gradients point, the quadratic term pays for gradients that grow with w.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.optimizers.group_optimizer import GroupOptimizer, along, joint_norm

NEWTON_STEPS = 200
NEWTON_TOLERANCE = 1e-9
TINY = 1e-200


class CentredMirrorDescent(GroupOptimizer):
    """Mirror descent from where the parameters stand at the first step.

    Args:
        params: parameters or groups; the norm is that of a whole group.
        gradient: G, or one for each problem.
        growth: L.
        epsilon: ε, the regret against the start in units of G; small ones are slow to leave it.
        kappa: κ, weight of the quadratic term.
        batched: the first dimension of every parameter counts independent problems.

    Raises:
        ValueError: G or ε is not positive, or L or κ is negative.
    """

    def __init__(self, params, gradient, growth, epsilon=1.0, kappa=4.0, batched=False):
        gradient = torch.as_tensor(gradient, dtype=torch.float64)
        if gradient.min() <= 0 or epsilon <= 0 or min(growth, kappa) < 0:
            raise ValueError("gradient and epsilon must be positive, growth and kappa not negative")
        constants = {"gradient": gradient, "growth": growth, "epsilon": epsilon, "kappa": kappa}
        super().__init__(params, {**constants, "batched": batched})

    def update(self, group, held):
        """See base class."""
        for p in held:
            state = self.state[p]
            if not state:
                state |= {"step": 0, "centre": p.clone(), "sum": torch.zeros_like(p)}
            state["sum"] += p.grad
            state["step"] += 1
        first = self.state[held[0]]
        norm = joint_norm([self.state[p]["sum"] for p in held], group["batched"])
        shape = Shape.after(
            first["step"],
            torch.as_tensor(group["gradient"]).to(norm),
            *(group[k] for k in ("growth", "epsilon", "kappa")),
        )
        # a round changes the logarithm little: the last one is where to look from
        first["logarithm"] = shape.logarithm_of(norm, first.get("logarithm"))
        share = torch.where(norm > 0, shape.radius(first["logarithm"]) / norm, 0.0)
        for p in held:
            p.copy_(self.state[p]["centre"] - along(share, p) * self.state[p]["sum"])


class Shape(NamedTuple):
    """ψ' after some rounds, as a function of F = log(1 + r/a)."""

    gradient: Float[Tensor, "*e"]
    root: Float[Tensor, "*e"]  # of V
    a: float
    quadratic: float  # what multiplies r

    @classmethod
    def after(cls, rounds: int, gradient, growth: float, epsilon: float, kappa: float) -> "Shape":
        """Return ψ' after so many rounds."""
        ratio = 4 + rounds  # V / G²
        a = epsilon / (math.sqrt(ratio) * math.log(ratio) ** 2)
        return cls(gradient, gradient * math.sqrt(ratio), a, kappa * growth * math.sqrt(ratio))

    def radius(self, f: Float[Tensor, "*e"]) -> Float[Tensor, "*e"]:
        """Return r."""
        return self.a * torch.expm1(f)

    def slope(self, f: Float[Tensor, "*e"]) -> tuple[Float[Tensor, "*e"], Float[Tensor, "*e"]]:
        """Return ψ' and its derivative in F, which is positive."""
        ratio = (
            self.root / f.sqrt()
        )  # of √V to √F: at least G where the least η is within its bound
        inner = ratio >= self.gradient
        r = self.radius(f)
        least = torch.where(inner, 2 * ratio * f, self.gradient * f + self.root**2 / self.gradient)
        steep = 3 * torch.maximum(ratio, self.gradient) + self.quadratic * (r + self.a)
        return 3 * least + self.quadratic * r, steep

    def logarithm_of(self, norm: Float[Tensor, "*e"], start=None) -> Float[Tensor, "*e"]:
        """Return F with ψ' = norm, by Newton's method from a start, or from above."""
        # what the logarithmic term alone would allow; the true F is at most that
        above = (norm / (6 * self.root)).square().clamp(min=TINY)
        outer = (norm / 3 - self.root**2 / self.gradient) / self.gradient
        above = torch.where(above.sqrt() * self.gradient <= self.root, above, outer)
        f = above if start is None else torch.minimum(start.clamp(min=TINY), above)
        for _ in range(NEWTON_STEPS):
            value, steep = self.slope(f)
            moved = torch.minimum(torch.maximum(f - (value - norm) / steep, f / 8), above)
            settled = ((moved - f).abs() <= NEWTON_TOLERANCE * f).all()
            f = moved
            if settled:
                break
        return f
