"""Sinkhorn against sparse Newton steps: gap, marginal error, operations and time on the paper's problems."""

from dataclasses import dataclass
from functools import cache
from time import process_time

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from redrawn.data import digits
from redrawn.methods.transport.sinkhorn import Problem, Sinkhorn
from redrawn.methods.transport.sparse_newton import largest_entries, newton_step

GAP = 1e-13
"""Machine accuracy: the optimality gap at which a method has arrived."""

FLOOR = 1e-15
"""Gaps below this are rounding."""

ARRIVED = 1e-9
"""Error of the marginals at which a Newton stage ends: the gap goes with its square, and is rounding by then."""

DARK = 0.01
"""Added to each pixel, as a share of the brightest: every marginal must be positive."""


@dataclass(frozen=True)
class Settings:
    """Sizes; η, sweeps before Newton and entries kept are the paper's as far as we know them."""

    points: int
    side: int
    cap: int
    growth: tuple[int, ...] = (250, 500, 1000)
    seeds: int = 6
    pairs: int = 12
    eta: float = 1200.0
    etas: tuple[float, ...] = (100.0, 300.0, 1200.0)
    newton: int = 2000
    draws: int = 8
    rounds: int = 3
    timed: int = 500


SETTINGS = {
    "quick": Settings(500, 14, 8000),
    "standard": Settings(500, 28, 60_000, draws=20, rounds=5),
    "paper": Settings(
        500, 28, 200_000, (250, 500, 1000, 2000), seeds=20, pairs=50, draws=20, rounds=5
    ),
}

mnist = cache(digits.mnist)  # all pairs are drawn from the same shrunken images

CASES = ("assignment", "digits, L2", "digits, L1")


def warm_sweeps(case: str, n: int) -> int:
    """Return the sweeps before the first Newton step: the paper's 20, and 700 for L1 and 28² points, in proportion."""
    return round(700 * n / 28**2) if case == "digits, L1" else 20


KEPT = {"assignment": 3, "digits, L2": 3, "digits, L1": 29}
"""Entries of P kept, per point: λ(2n)² of the Hessian, λ = 2/n or 15/n, less its diagonal, halved."""

MORE, MORE_ENTRIES = "SNS, more entries", {"assignment": 6, "digits, L2": 29}
"""A second run of SNS with more entries a point: what its pace hangs on."""


def assignment(n: int, eta: float, seed: int, replicate: int) -> Problem:
    """Return random assignment: costs U[0, 1], equal masses."""
    rng = np.random.default_rng([seed, replicate, n])
    mass = np.full(n, 1 / n)
    return Problem(rng.random((n, n)), mass, mass, eta)


def digit_pair(side: int, metric: str, eta: float, seed: int, replicate: int) -> Problem:
    """Return two digits as densities on the pixel grid; the largest cost is one."""
    images, _ = mnist(side)
    pick = np.random.default_rng([seed, replicate]).choice(len(images), 2, replace=False)
    pair = images[pick].reshape(2, -1)
    pair = pair + DARK * pair.max()
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 2), -1).reshape(-1, 2) / side
    cost = cdist(grid, grid, metric)
    r, c = pair / pair.sum(1, keepdims=True)
    return Problem(cost / cost.max(), r, c, eta)


def build(case: str, settings: Settings, seed: int, replicate: int) -> Problem:
    """Return a case's problem."""
    if case == "assignment":
        return assignment(settings.points, settings.eta, seed, replicate)
    metric = {"digits, L2": "sqeuclidean", "digits, L1": "cityblock"}[case]
    return digit_pair(settings.side, metric, settings.eta, seed, replicate)


def look(problem: Problem, x, y) -> tuple[float, float]:
    """Return potential and L1 error of the marginals."""
    plan = problem.plan(x, y)
    error = np.abs(problem.r - plan.sum(1)).sum() + np.abs(problem.c - plan.sum(0)).sum()
    return problem.potential(x, y, plan), float(error)


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
        x, y = sinkhorn.potentials()
        rows.append(("SNS", sinkhorn.sweeps, False, *look(problem, x, y), sinkhorn.operations))
        if sinkhorn.sweeps >= sweeps:
            break
        sinkhorn.run(min(max(1, sinkhorn.sweeps // 5), sweeps - sinkhorn.sweeps))
    operations = sinkhorn.operations
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
        value, error = look(problem, *sinkhorn.potentials())
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


def time_ratios(settings: Settings, frame, case: str, seed: int, rounds: int = 1) -> np.ndarray:
    """Return log₁₀ of Sinkhorn's CPU time to `GAP` over that of SNS, by seed: the median of rounds that time both.

    Only the first `seeds` problems are timed. Sinkhorn's sweeps are all alike after the first: `timed` of them are
    timed, and scaled up to as many as it needed.
    """
    needed = arrivals(frame, case).pivot(index="seed", columns="method", values="iteration")
    found = []
    for i, row in needed.head(settings.seeds).iterrows():
        problem = build(case, settings, seed, i)
        n, sweeps = len(problem.r), int(row.Sinkhorn) - 1
        warm, timed = warm_sweeps(case, n), min(sweeps, settings.timed)
        ratios = []
        for _ in range(rounds):
            times = [process_time()]
            x, y = Sinkhorn(problem).run(warm - 1).potentials()
            for _ in newton_stage(problem, x, y, KEPT[case] * n, int(row.SNS) - warm):
                pass
            times.append(process_time())
            sinkhorn = Sinkhorn(problem)
            times.append(process_time())
            sinkhorn.run(timed)
            times.append(process_time())
            sns, first, rest = np.diff(times)
            ratios.append((first + rest * sweeps / timed) / sns)
        found.append(np.log10(np.median(ratios)))
    return np.array(found)


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


def sparsity(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the mass outside of the n largest entries (eta, seed, sweeps, outside), as sweeps go on."""
    rows = []
    for eta in settings.etas:
        for i in range(settings.seeds):
            problem = assignment(settings.points, eta, seed, i)
            sinkhorn = Sinkhorn(problem)
            for sweeps in (5, 10, 20, 50, 100, 200, 500):
                sinkhorn.run(sweeps - sinkhorn.sweeps)
                plan = problem.plan(*sinkhorn.potentials())
                inside = largest_entries(plan, settings.points).sum() / plan.sum()
                rows.append((f"η = {eta:g}", i, sweeps, 1 - inside))
    return pd.DataFrame(rows, columns=["eta", "seed", "sweeps", "outside"])


def operations(settings: Settings, seed: int) -> dict[str, list]:
    """Return the operations of a Newton step against n, the mean of up to ten: {"x": n, "y": one list a seed}."""
    rows = []
    for i in range(settings.draws):
        row = []
        for n in settings.growth:
            problem = assignment(n, settings.eta, seed, i)
            x, y = Sinkhorn(problem).run(warm_sweeps("assignment", n) - 1).potentials()
            steps = newton_stage(problem, x, y, KEPT["assignment"] * n, 10)
            row.append(float(np.mean([step.operations for step in steps])))
        rows.append(row)
    return {"x": list(settings.growth), "y": rows}
