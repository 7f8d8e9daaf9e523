"""Logistic problems whose columns are rescaled, side by side."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.studies.adaptive_optimizers.logistic_problem import Logistic


@dataclass(frozen=True)
class Rescaled:
    """Problems f(s ∘ w), each with scales of its own: columns times s, and a ridge times s², so that the least loss is f's.

    Attributes:
        problem: f.
        scales: s, a row for each row of weights.
    """

    problem: Logistic
    scales: Float[Tensor, "e d"]

    def loss(self, w: Float[Tensor, "e d"]) -> Float[Tensor, " e"]:
        """Return f(s ∘ w)."""
        return self.problem.loss(self.scales * w)

    def gradient(self, w: Float[Tensor, "e d"]) -> Float[Tensor, "e d"]:
        """Return the gradient in w."""
        return self.scales * self.problem.gradient(self.scales * w)

    def product(self, w: Float[Tensor, "e d"], v: Float[Tensor, "e d"]) -> Float[Tensor, "e d"]:
        """Return the Hessian in w times v."""
        return self.scales * self.problem.product(self.scales * w, self.scales * v)

    def smoothness(self) -> Float[Tensor, "e 1"]:
        """Return each problem's L."""
        bounds = self.scales[:, :, None] * self.problem.bound * self.scales[:, None]
        return torch.linalg.eigvalsh(bounds)[:, -1:]
