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

from redrawn.methods.transport.sinkhorn import Problem, Vector

TOLERANCE = 1e-8
"""Relative residual at which conjugate gradients stop."""


@dataclass(frozen=True)
class NewtonStep:
    """Where a step led, and its cost: `touched` counts entries of matrices read or made."""

    x: Vector
    y: Vector
    value: float
    marginal_error: float
    cg_iterations: int
    evaluations: int
    touched: int


def largest_entries(plan: Float[np.ndarray, "n m"], count: int) -> sparse.csr_array:
    """Return the `count` largest entries of a plan; all others are zero.

    Raises:
        ValueError: `count` is below one.
    """
    if count < 1:
        raise ValueError(f"keep at least one entry, not {count}")
    if count >= plan.size:
        return sparse.csr_array(plan)
    flat = np.argpartition(plan, plan.size - count, axis=None)[plan.size - count :]
    rows, columns = np.divmod(flat, plan.shape[1])
    return sparse.csr_array((plan.ravel()[flat], (rows, columns)), shape=plan.shape)


def conjugate_gradients(apply, diagonal: Vector, b: Vector, limit: int):
    """Solve by conjugate gradients with Jacobi's preconditioner; return solution and iterations."""
    x, residual = np.zeros_like(b), b.copy()
    z = residual / diagonal
    p, rho = z, residual @ z
    goal = TOLERANCE * np.linalg.norm(b)
    for k in range(limit):
        if np.linalg.norm(residual) <= goal:
            return x, k
        q = apply(p)
        curvature = p @ q
        if curvature <= 1e-14 * (p @ (diagonal * p)):
            return x, k  # what is left is the null direction, and rounding
        alpha = rho / curvature
        x = x + alpha * p
        residual = residual - alpha * q
        z = residual / diagonal
        rho, old = residual @ z, rho
        p = z + (rho / old) * p
    return x, limit


def directions(
    problem: Problem, entries, row: Vector, column: Vector, gradient: Vector, limit: int
):
    """Yield up to two ascent directions with their conjugate-gradient iterations: the second is for where the first fails.

    The first eliminates y. Where a point and its partner are cut off from all others and differ in mass, that
    asks for an endless shift; the second solves for x and y together, stopped after `limit` iterations, which damps it.
    """
    n, transposed = len(row), entries.T.tocsr()

    def reduced(d):
        return row * d - entries @ ((transposed @ d) / column)

    def full(d):
        return diagonal * d + np.concatenate([entries @ d[n:], transposed @ d[:n]])

    squares = (entries**2) @ (1 / column)
    right = gradient[:n] - entries @ (gradient[n:] / column)
    schur = np.maximum(row - squares, 1e-14 * row)
    dx, iterations = conjugate_gradients(reduced, schur, right, limit)
    dx = dx - row @ dx / row.sum()  # (1, -1) changes nothing, and a large share of it costs digits
    dy = (gradient[n:] - transposed @ dx) / column
    yield np.concatenate([dx, dy]) / problem.eta, iterations
    diagonal = np.concatenate([row, column])
    solved, iterations = conjugate_gradients(full, diagonal, gradient, limit)
    yield solved / problem.eta, iterations


def newton_step(problem: Problem, x: Vector, y: Vector, kept: int, limit: int = 300) -> NewtonStep:
    """Make one sparse Newton step from potentials x, y, keeping `kept` entries of P."""
    n, plan = len(x), problem.plan(x, y)
    value = problem.potential(x, y, plan)
    row, column = plan.sum(axis=1), plan.sum(axis=0)
    gradient = np.concatenate([problem.r - row, problem.c - column])
    entries = largest_entries(plan, kept)
    rounding = 1e-15 * (1 + abs(value))  # near the top f cannot tell a good step from a bad one
    evaluations, total = 0, 0
    for shortest, (direction, iterations) in zip(
        (1e-2, 1e-12), directions(problem, entries, row, column, gradient, limit), strict=True
    ):
        total += iterations
        slope, length, arrived = gradient @ direction, 1.0, False
        while slope > 0 and length >= shortest and not arrived:
            dx, dy = length * direction[:n], length * direction[n:]
            trial = problem.plan(x + dx, y + dy)
            evaluations += 1
            found = problem.potential(x + dx, y + dy, trial)
            arrived = found >= value + 1e-4 * length * slope - rounding
            length /= 2
        if arrived:
            break
    if not arrived:  # no ascent to be had: stay
        dx, dy, found, trial = 0.0, 0.0, value, plan
    error = np.abs(problem.r - trial.sum(1)).sum() + np.abs(problem.c - trial.sum(0)).sum()
    touched = (2 + evaluations) * plan.size + 2 * (total + 1) * entries.nnz
    return NewtonStep(x + dx, y + dy, found, float(error), total, evaluations, touched)
