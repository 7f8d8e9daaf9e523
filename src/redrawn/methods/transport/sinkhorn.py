"""Sinkhorn's iteration for entropic optimal transport, and the concave potential that it climbs.

With strength η, cost C and marginals r, c the plan is P = exp(η(x ⊕ y - C) - 1), and x, y maximise

    f(x, y) = r·x + c·y - (1/η) Σ P_ij,        ∇f = (r - P1, c - Pᵀ1)

(Tang et al., ICLR 2024, arXiv 2401.12253). A sweep maximises over x, then over y.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

Vector = Float[np.ndarray, " n"]
Matrix = Float[np.ndarray, "n m"]

ABSORB = 30.0
"""Scalings beyond e^±ABSORB go back into the potentials, before they can overflow."""

EXPONENTIAL = 20
"""Operations that an exponential counts as: about its time over that of a sum, on one core."""

PLAN = 5 + EXPONENTIAL
"""Operations an entry of a plan: two sums, the product with η, the shift, the cut, the exponential."""

SWEEP, LOG_SWEEP = 4, 2 * (5 + EXPONENTIAL)
"""Operations an entry of a sweep: two products with the kernel; two log-sums, each a sum, a product, a maximum,
a difference, an exponential and a sum."""


@dataclass(frozen=True)
class Problem:
    """Cost (n, m), marginals r (n,) and c (m,) of equal mass, and η, in inverse units of cost."""

    cost: Matrix
    r: Vector
    c: Vector
    eta: float

    def __post_init__(self):
        if self.eta <= 0 or (self.r <= 0).any() or (self.c <= 0).any():
            raise ValueError("η and all marginals must be positive")
        if self.cost.shape != (len(self.r), len(self.c)):
            raise ValueError("the cost's shape does not fit the marginals")
        if not np.isclose(self.r.sum(), self.c.sum(), rtol=1e-9):
            raise ValueError("the marginals differ in mass")

    def plan(self, x: Vector, y: Vector) -> Matrix:
        """Return P, with entries cut at exp(±600): an exponential that underflows takes eight times as long."""
        exponent = x[:, None] + y
        exponent -= self.cost
        exponent *= self.eta
        exponent -= 1
        np.clip(exponent, -600, 600, out=exponent)
        return np.exp(exponent, out=exponent)

    def potential(self, x: Vector, y: Vector, plan: Matrix | Vector) -> float:
        """Return f(x, y), given the plan that belongs to x and y, or its sums by row or by column."""
        return float(self.r @ x + self.c @ y - plan.sum() / self.eta)


def log_sweep(problem: Problem, x: Vector, y: Vector) -> tuple[Vector, Vector]:
    """Make one sweep in logarithms: safe at any η, and slow."""
    eta, cost = problem.eta, problem.cost
    x = (np.log(problem.r) + 1 - logsumexp(eta * (y - cost), axis=1)) / eta
    y = (np.log(problem.c) + 1 - logsumexp(eta * (x[:, None] - cost), axis=0)) / eta
    return x, y


class Sinkhorn:
    """Sinkhorn's sweeps on a kernel that has the potentials in it, so that a sweep is two products.

    Starts by a sweep in logarithms, and returns to one where a scaling grows out of bounds. Counts `sweeps` and `operations`.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        self.x, self.y = np.zeros(len(problem.r)), np.zeros(len(problem.c))
        self.sweeps = self.operations = 0
        self._log_sweep()

    def _log_sweep(self) -> None:
        size = self.problem.cost.size
        self.x, self.y = log_sweep(self.problem, self.x, self.y)
        self._kernel = self.problem.plan(self.x, self.y)
        self._u, self._v = np.ones(len(self.x)), np.ones(len(self.y))
        self.sweeps += 1
        self.operations += (LOG_SWEEP + PLAN) * size

    def run(self, sweeps: int) -> "Sinkhorn":
        """Make that many sweeps."""
        r, c = self.problem.r, self.problem.c
        low, high = math.exp(-ABSORB), math.exp(ABSORB)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            for _ in range(sweeps):
                u = r / (self._kernel @ self._v)
                v = c / (u @ self._kernel)
                self.operations += SWEEP * self.problem.cost.size
                both = np.concatenate([u, v])
                if low < both.min() and both.max() < high:
                    self._u, self._v = u, v
                    self.sweeps += 1
                else:  # also where a row of the kernel had vanished: that sweep again, in logarithms
                    self.x, self.y = self.potentials()
                    self._log_sweep()
        return self

    def marginals(self) -> tuple[Vector, Vector]:
        """Return the plan's sums by row and by column: two products with the kernel, and no exponential."""
        return self._u * (self._kernel @ self._v), (self._u @ self._kernel) * self._v

    def potentials(self) -> tuple[Vector, Vector]:
        """Return x and y."""
        eta = self.problem.eta
        return self.x + np.log(self._u) / eta, self.y + np.log(self._v) / eta
