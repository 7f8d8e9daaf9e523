"""Sinkhorn against sparse Newton steps: gap, marginal error and operations on the paper's problems."""

import numpy as np
import pandas as pd

from redrawn.methods.transport.sinkhorn import Problem, Sinkhorn
from redrawn.methods.transport.sparse_newton import newton_step
from redrawn.studies.optimal_transport.problems import CASES, KEPT, Settings, build, warm_sweeps

GAP = 1e-13
"""Machine accuracy: the optimality gap at which a method has arrived."""

FLOOR = 1e-15
"""Gaps below this are rounding."""

ARRIVED = 1e-9
"""Error of the marginals at which a Newton stage ends: the gap goes with its square, and is rounding by then."""

MORE, MORE_ENTRIES = "SNS, more entries", {"assignment": 6, "digits, L2": 29}
"""A second run of SNS with more entries a point: what its pace hangs on."""


def look(problem: Problem, sinkhorn: Sinkhorn) -> tuple[float, float]:
    """Return potential and L1 error of the marginals."""
    row, column = sinkhorn.marginals()
    error = np.abs(problem.r - row).sum() + np.abs(problem.c - column).sum()
    return problem.potential(*sinkhorn.potentials(), row), float(error)


def newton_stage(problem: Problem, x, y, kept: int, limit: int):
    """Yield sparse Newton steps until the marginals fit to `ARRIVED`, at most `limit`."""
    plan = None
    for _ in range(limit):
        step = newton_step(problem, x, y, kept, plan=plan)
        yield step
        if step.marginal_error < ARRIVED:
            return
        x, y, plan = step.x, step.y, step.plan


def run_sns(problem: Problem, sweeps: int, kept: int, limit: int):
    """Return rows (method, iteration, newton, f, error, operations) and the optimum of f.

    Raises:
        ArithmeticError: Newton's steps on the whole Hessian, which follow, do not reach the optimum either.
    """
    sinkhorn, rows = Sinkhorn(problem), []
    while True:
        rows.append(("SNS", sinkhorn.sweeps, False, *look(problem, sinkhorn), sinkhorn.operations))
        if sinkhorn.sweeps >= sweeps:
            break
        sinkhorn.run(min(max(1, sinkhorn.sweeps // 5), sweeps - sinkhorn.sweeps))
    operations, (x, y) = sinkhorn.operations, sinkhorn.potentials()
    for k, step in enumerate(newton_stage(problem, x, y, kept, limit), sweeps + 1):
        operations += step.operations
        rows.append(("SNS", k, True, step.value, step.marginal_error, operations))
    if step.marginal_error >= ARRIVED:
        *_, step = newton_stage(problem, step.x, step.y, problem.cost.size, limit)
    if step.marginal_error >= ARRIVED:
        raise ArithmeticError(f"no reference: the marginals are off by {step.marginal_error:.1e}")
    return rows, max(step.value, *(row[3] for row in rows))


def run_sinkhorn(problem: Problem, best: float, cap: int):
    """Return the same rows for Sinkhorn alone, until it arrives or reaches the cap."""
    sinkhorn, rows = Sinkhorn(problem), []
    while True:
        value, error = look(problem, sinkhorn)
        rows.append(("Sinkhorn", sinkhorn.sweeps, False, value, error, sinkhorn.operations))
        if best - value < GAP or sinkhorn.sweeps >= cap:
            return rows
        sinkhorn.run(min(max(1, sinkhorn.sweeps // 8), cap - sinkhorn.sweeps))


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Run both methods on all cases.

    Returns columns case, seed, method, iteration, newton (a Newton step), f, error, operations, gap, points.
    """
    frames = []
    for case in CASES:
        for i in range(settings.seeds if case == "assignment" else settings.pairs):
            problem = build(case, settings, seed, i)
            n = len(problem.r)
            warm = warm_sweeps(case, n)
            rows, best = run_sns(problem, warm, KEPT[case] * n, settings.newton)
            if case in MORE_ENTRIES:
                more, other = run_sns(problem, warm, MORE_ENTRIES[case] * n, settings.newton)
                rows, best = rows + [(MORE, *row[1:]) for row in more], max(best, other)
            rows += run_sinkhorn(problem, best, settings.cap)
            columns = ["method", "iteration", "newton", "f", "error", "operations"]
            frame = pd.DataFrame(rows, columns=columns)
            frame["gap"] = (best - frame.f).clip(lower=FLOOR)
            frame["points"] = n
            frame.insert(0, "case", case)
            frame.insert(1, "seed", i)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def arrivals(frame: pd.DataFrame, case: str, column: str = "iteration") -> pd.DataFrame:
    """Return what each method needed to reach `GAP` (method, seed, column).

    A Sinkhorn that did not counts with all that it did; for another method that would flatter it, so it counts as endless.
    """
    rows = []
    for (method, i), run in frame[frame.case == case].groupby(["method", "seed"], sort=False):
        arrived = run[run.gap < GAP]
        never = run[column].max() if method == "Sinkhorn" else np.inf
        rows.append((method, i, arrived[column].min() if len(arrived) else never))
    return pd.DataFrame(rows, columns=["method", "seed", column])


def newton_steps(frame: pd.DataFrame) -> np.ndarray:
    """Return the Newton steps to `GAP` on random assignment, by seed."""
    found = arrivals(frame[frame.method == "SNS"], "assignment").sort_values("seed")
    return np.maximum(found.iteration.to_numpy() - warm_sweeps("assignment", 0), 0)


def acceleration(frame: pd.DataFrame, method: str = "SNS") -> np.ndarray:
    """Return log₁₀ of the last Newton step's quotient of gaps less that of the first one, by seed (assignment)."""
    values = []
    for _, run in frame[(frame.case == "assignment") & (frame.method == method)].groupby("seed"):
        last = run[~run.newton].gap.iloc[-1]
        gaps = np.array([last, *run[run.newton].gap])
        arrived = np.flatnonzero(gaps <= 10 * FLOOR)
        falls = np.diff(np.log10(gaps[: arrived[0] + 1] if len(arrived) else gaps))
        values.append(falls[-1] - falls[0])
    return np.array(values)
