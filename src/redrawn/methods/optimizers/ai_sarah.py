"""AI-SARAH: SARAH whose steps look ahead (Shi et al., TMLR 2023, Algorithm 2).

ξ(α) = ‖∇f_S(w − α v) − ∇f_S(w) + v‖²,  one step of Newton's method from 0:  α̃ = −ξ′(0) / |ξ″(0)|
ξ′(0) = −2 vᵀHv,  ξ″(0) = 2 ‖Hv‖² + 2 vᵀ ∇³f_S[v, v]

α = min(α̃, α_max), where 1/α_max is a running average of 1/α̃. An inner loop ends once ‖v‖² < γ ‖v₀‖².
"""

import math
from collections.abc import Iterator
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor


class FiniteSum(Protocol):
    """A mean of losses, over a batch in whatever form the problem has it; None is all of them."""

    def gradient(self, w: Tensor, batch: Tensor | None) -> Tensor:
        """Return ∇f_S(w)."""

    def product(self, w: Tensor, v: Tensor, batch: Tensor | None) -> Tensor:
        """Return ∇²f_S(w) v."""

    def third(self, w: Tensor, v: Tensor, batch: Tensor | None) -> Tensor:
        """Return ∇³f_S(w)[v, v]."""


def implicit_step(
    problem: FiniteSum, w: Float[Tensor, "1 d"], v: Float[Tensor, "1 d"], batch: Tensor
) -> float:
    """Return α̃."""
    turned = problem.product(w, v, batch)
    bend = (turned**2).sum() + (v * problem.third(w, v, batch)).sum()
    return float((v * turned).sum() / bend.abs())


def ai_sarah(
    problem: FiniteSum,
    start: Float[Tensor, "1 d"],
    batches: Iterator[Tensor],
    gamma: float = 1 / 32,
    memory: float = 0.999,
) -> Iterator[tuple[Float[Tensor, "1 d"], bool, float]]:
    """Yield iterates until the gradient vanishes, whether the full gradient was taken before, and α.

    Args:
        problem: the losses.
        start: w.
        batches: S of each inner step.
        gamma: γ.
        memory: of the running average.
    """
    w, average, largest = start, None, math.inf
    while True:
        v = problem.gradient(w, None)
        first, fresh = float((v**2).sum()), True
        if first < torch.finfo(v.dtype).tiny:
            return
        while float((v**2).sum()) >= gamma * first:
            batch = next(batches)
            wanted = implicit_step(problem, w, v, batch)
            alpha = min(wanted, largest)
            average = 1 / wanted if average is None else memory * average + (1 - memory) / wanted
            largest = 1 / average  # for the next step
            after = w - alpha * v
            v = problem.gradient(after, batch) - problem.gradient(w, batch) + v
            w = after
            yield w, fresh, alpha
            fresh = False
