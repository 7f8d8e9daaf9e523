"""Sinkhorn against sparse Newton steps: gap, marginal error, time and operations on the paper's problems."""

from dataclasses import dataclass
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

DARK = 0.01
"""Added to each pixel, as a share of the brightest: every marginal must be positive."""


@dataclass(frozen=True)
class Settings:
    """Sizes; η, sweeps before Newton and entries kept are the paper's as far as we know them."""

    points: int
    side: int
    cap: int
    growth: tuple[int, ...]
    seeds: int = 5
    eta: float = 1200.0
    etas: tuple[float, ...] = (100.0, 300.0, 1200.0)
    newton: int = 100


SETTINGS = {
    "quick": Settings(500, 14, 8000, (100, 200, 400)),
    "standard": Settings(500, 28, 10_000, (100, 200, 400)),
    "paper": Settings(500, 28, 200_000, (100, 200, 400, 800), seeds=10),
}

CASES = ("assignment", "digits, L2", "digits, L1")


def warm_sweeps(case: str, n: int) -> int:
    """Return the sweeps before the first Newton step: the paper's 20, and 700 for L1 and 28² points, in proportion."""
    return round(700 * n / 28**2) if case == "digits, L1" else 20


KEPT = {"assignment": 3, "digits, L2": 3, "digits, L1": 29}
"""Entries of P kept, per point: λ(2n)² of the Hessian, λ = 2/n or 15/n, less its diagonal, halved."""


def assignment(n: int, eta: float, seed: int, replicate: int) -> Problem:
    """Return random assignment: costs U[0, 1], equal masses."""
    rng = np.random.default_rng([seed, replicate, n])
    mass = np.full(n, 1 / n)
    return Problem(rng.random((n, n)), mass, mass, eta)


def digit_pair(side: int, metric: str, eta: float, seed: int, replicate: int) -> Problem:
    """Return two digits as densities on the pixel grid; the largest cost is one."""
    images, _ = digits.mnist()
    pair = images[np.random.default_rng([seed, replicate]).choice(len(images), 2, replace=False)]
    block = images.shape[1] // side
    pair = pair.reshape(2, side, block, side, block).mean((2, 4)).reshape(2, -1)
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


def state(problem: Problem, x, y) -> tuple[float, float]:
    """Return potential and L1 error of the marginals."""
    plan = problem.plan(x, y)
    error = np.abs(problem.r - plan.sum(1)).sum() + np.abs(problem.c - plan.sum(0)).sum()
    return problem.potential(x, y, plan), float(error)


def run_sns(problem: Problem, sweeps: int, kept: int, limit: int):
    """Return rows (method, iteration, newton, f, error, seconds, touched) and the optimum of f."""
    start = process_time()
    sinkhorn = Sinkhorn(problem)
    seconds, touched, rows = process_time() - start, 2 * problem.cost.size, []
    while sinkhorn.sweeps < sweeps:
        rows.append(("SNS", sinkhorn.sweeps, False, *state(problem, *sinkhorn.potentials()), seconds, touched))  # fmt: skip
        start = process_time()
        sinkhorn.run(min(max(1, sinkhorn.sweeps // 5), sweeps - sinkhorn.sweeps))
        seconds += process_time() - start
    x, y = sinkhorn.potentials()
    rows.append(("SNS", sweeps, False, *state(problem, x, y), seconds, touched))
    for k in range(limit):
        start = process_time()
        step = newton_step(problem, x, y, kept)
        seconds += process_time() - start
        x, y = step.x, step.y
        rows.append(("SNS", sweeps + k + 1, True, step.value, step.marginal_error, seconds, step.touched))  # fmt: skip
        if step.marginal_error < 1e-12:
            break
    best = max(row[3] for row in rows)
    for _ in range(3):  # the reference: more steps, with ten times the entries
        step = newton_step(problem, x, y, min(10 * kept, problem.cost.size))
        x, y, best = step.x, step.y, max(best, step.value)
    return rows, best


def run_sinkhorn(problem: Problem, best: float, cap: int):
    """Return the same rows for Sinkhorn alone, until it arrives or reaches the cap."""
    start = process_time()
    sinkhorn = Sinkhorn(problem)
    seconds, rows = process_time() - start, []
    while True:
        value, error = state(problem, *sinkhorn.potentials())
        touched = 2 * problem.cost.size
        rows.append(("Sinkhorn", sinkhorn.sweeps, False, value, error, seconds, touched))
        if best - value < GAP or sinkhorn.sweeps >= cap:
            return rows
        start = process_time()
        sinkhorn.run(min(max(1, sinkhorn.sweeps // 12), cap - sinkhorn.sweeps))
        seconds += process_time() - start


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Run both methods on all cases.

    Returns columns case, seed, method, iteration, newton (a Newton step), f, error, seconds (CPU), touched, gap.
    """
    frames = []
    for case in CASES:
        for i in range(settings.seeds):
            problem = build(case, settings, seed, i)
            n = len(problem.r)
            warm = warm_sweeps(case, n)
            rows, best = run_sns(problem, warm, KEPT[case] * n, settings.newton)
            if case == "assignment":  # twice the entries: what the tail depends on
                more, other = run_sns(problem, warm, 6 * n, settings.newton)
                rows, best = rows + [("SNS, 6n", *row[1:]) for row in more], max(best, other)
            rows += run_sinkhorn(problem, best, settings.cap)
            columns = ["method", "iteration", "newton", "f", "error", "seconds", "touched"]
            frame = pd.DataFrame(rows, columns=columns)
            frame["gap"] = (best - frame.f).clip(lower=FLOOR)
            frame.insert(0, "case", case)
            frame.insert(1, "seed", i)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def arrivals(frame: pd.DataFrame, case: str, column: str = "iteration") -> pd.DataFrame:
    """Return what each method needed to reach `GAP` (method, seed, column); one that did not counts with all it did."""
    rows = []
    for (method, i), run in frame[frame.case == case].groupby(["method", "seed"], sort=False):
        arrived = run[run.gap < GAP]
        rows.append((method, i, (arrived[column].min() if len(arrived) else run[column].max())))
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
    """Return entries touched by a Newton step against n: {"x": n, "y": one list a seed}."""
    rows = []
    for i in range(settings.seeds):
        row = []
        for n in settings.growth:
            steps, _ = run_sns(assignment(n, settings.eta, seed, i), 20, KEPT["assignment"] * n, 10)
            row.append(float(np.mean([step[-1] for step in steps if step[2]])))
        rows.append(row)
    return {"x": list(settings.growth), "y": rows}
