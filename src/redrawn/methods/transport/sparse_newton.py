"""SNS: Newton's steps on a sparsified Hessian, after a few Sinkhorn sweeps.

Tang et al., ICLR 2024, arXiv 2401.12253. The Hessian of Sinkhorn's potential is

    ∇²f = -η [[diag(P1), P], [Pᵀ, diag(Pᵀ1)]],

and P has few large entries. Each step keeps those, solves by conjugate gradients and backtracks on f.
Dropping entries of P leaves the diagonal as it is, so that the system stays diagonally dominant. y is eliminated
first: near an assignment x_i and its partner move nearly freely together, and what is left has that on its diagonal,
where Jacobi's preconditioner sees it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from redrawn.methods.transport.sinkhorn import PLAN, Problem, Vector

TOLERANCE = 1e-8
"""Relative residual at which conjugate gradients stop."""

DAMPING = 0.1
"""Lengthens the diagonal by this share of the marginals' L1 error: ours, not the paper's."""

SHORTEST = 1e-6
"""Backtracking gives up below this share of a step."""

NEGLIGIBLE = 1e-20
"""Entries below this share of a plan's mass change no sum of doubles."""

SUMS, SELECTION = 3, 2
"""Operations an entry of a plan: its sums by row, by column and in all; the comparisons that find its largest entries."""

VECTORS = 14
"""Operations a point of an iteration of conjugate gradients outside of its products with the kept entries."""


@dataclass(frozen=True)
class NewtonStep:
    """Where a step led, with the plan there; and its cost."""

    x: Vector
    y: Vector
    value: float
    marginal_error: float
    cg_iterations: int
    operations: int
    plan: Float[np.ndarray, "n m"]


def largest_entries(plan: Float[np.ndarray, "n m"], count: int) -> sparse.csr_array:
    """Return the `count` largest entries of a plan, or fewer where the others are negligible; all others are zero.

    Raises:
        ValueError: `count` is below one.
    """
    if count < 1:
        raise ValueError(f"keep at least one entry, not {count}")
    values = plan.ravel()
    places = np.flatnonzero(values > NEGLIGIBLE * plan.sum())
    if len(places) > count:  # selecting among all n² would take longer than the rest of a step
        places = places[np.argpartition(values[places], -count)[-count:]]
    return sparse.csr_array((values[places], np.divmod(places, plan.shape[1])), shape=plan.shape)


def solve(apply, diagonal: Vector, b: Vector, limit: int) -> tuple[Vector, int]:
    """Solve by conjugate gradients with Jacobi's preconditioner; return solution and iterations."""
    iterations = 0

    def count(_):
        nonlocal iterations
        iterations += 1

    system, jacobi = (
        LinearOperator((len(b), len(b)), matvec=f, dtype=float)
        for f in (apply, lambda residual: residual / diagonal)
    )
    solution, _ = cg(system, b, rtol=TOLERANCE, maxiter=limit, M=jacobi, callback=count)
    return solution, iterations


def direction(
    entries: sparse.csr_array, row: Vector, column: Vector, gradient: Vector, limit: int
) -> tuple[Vector, int]:
    """Return Newton's direction times η (n + m,), and the iterations that it took.

    Where a point and its partner are cut off from all others and differ in mass, Newton asks for an endless shift:
    the diagonal is lengthened by `DAMPING` times the error of the marginals, which bounds it and fades out on arrival.
    """
    n, transposed = len(row), entries.T.tocsr()
    longer = 1 + DAMPING * np.abs(gradient).sum()
    row, column = longer * row, longer * column

    def reduced(d):
        return row * d - entries @ ((transposed @ d) / column)

    jacobi = row - (entries**2) @ (1 / column)
    right = gradient[:n] - entries @ (gradient[n:] / column)
    dx, iterations = solve(reduced, np.maximum(jacobi, 1e-14 * row), right, limit)
    dx = dx - row @ dx / row.sum()  # (1, -1) changes nothing, and a large share of it costs digits
    return np.concatenate([dx, (gradient[n:] - transposed @ dx) / column]), iterations


def newton_step(
    problem: Problem,
    x: Vector,
    y: Vector,
    kept: int,
    limit: int = 300,
    plan: Float[np.ndarray, "n m"] | None = None,
) -> NewtonStep:
    """Make one sparse Newton step from potentials x, y, keeping `kept` entries of P; `plan` is P, if it is at hand."""
    operations = (SUMS + SELECTION) * problem.cost.size
    if plan is None:
        plan = problem.plan(x, y)
        operations += PLAN * problem.cost.size
    row, column = plan.sum(axis=1), plan.sum(axis=0)
    n, value = len(x), problem.potential(x, y, row)
    gradient = np.concatenate([problem.r - row, problem.c - column])
    entries = largest_entries(plan, kept)
    move, iterations = direction(entries, row, column, gradient, limit)
    operations += (iterations + 1) * (4 * entries.nnz + VECTORS * n)
    rounding = 1e-15 * (1 + abs(value))  # near the top f cannot tell a good step from a bad one
    slope, length = gradient @ move / problem.eta, 1.0
    while slope > 0 and length >= SHORTEST:
        dx, dy = np.split(length * move / problem.eta, [n])
        trial = problem.plan(x + dx, y + dy)
        operations += (PLAN + 1) * plan.size
        sums = trial.sum(axis=1)
        found = problem.potential(x + dx, y + dy, sums)
        if found >= value + 1e-4 * length * slope - rounding:
            error = np.abs(problem.r - sums).sum() + np.abs(problem.c - trial.sum(0)).sum()
            return NewtonStep(x + dx, y + dy, found, float(error), iterations, operations, trial)
        length /= 2
    error = float(np.abs(gradient).sum())  # no ascent to be had: stay
    return NewtonStep(x, y, value, error, iterations, operations, plan)
