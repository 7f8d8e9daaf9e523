"""Our Sinkhorn against POT's, and sparse Newton steps (SNS) against POT's exact solver, in one run, interleaved.

All solve the same problems, random assignment with costs U[0, 1]. A sweep's time is that of a fixed number of sweeps
over their number; SNS runs until the marginals fit to 1e-9, at the paper's η for its 500 points and in proportion
elsewhere, and `ot.emd` to its optimum. Exponents are slopes of the logarithm of time against that of n.
"""

import argparse
import math
import time
import warnings

import numpy as np
import ot
from report import medians, row, write

from redrawn.methods.transport.sinkhorn import Problem, Sinkhorn, log_sweep
from redrawn.methods.transport.sparse_newton import newton_step

FIRST = (
    "the first of ours is in logarithms, safe at any η; it takes about as long as a hundred others"
)
SAME = "the same sums, by SciPy's logsumexp, which also looks out for infinities"
NETWORK_SIMPLEX = "exact, in C++; ahead where n is small, as its cost grows the faster"


def sns(problem: Problem) -> None:
    """Solve by twenty sweeps and sparse Newton steps with 6n entries."""
    x, y = Sinkhorn(problem).run(19).potentials()
    plan = None
    for _ in range(50):
        step = newton_step(problem, x, y, 6 * len(x), plan=plan)
        x, y, plan = step.x, step.y, step.plan
        if step.marginal_error < 1e-9:
            return
    raise ArithmeticError("SNS did not arrive")


def logarithmic(problem: Problem, sweeps: int) -> None:
    """Sweep in logarithms."""
    x, y = np.zeros(len(problem.r)), np.zeros(len(problem.c))
    for _ in range(sweeps):
        x, y = log_sweep(problem, x, y)


def methods(n: int, eta: float, sweeps: int) -> dict[str, tuple]:
    """Return {name: (call, how many units of work it does)} on one problem."""
    mass, cost = np.full(n, 1 / n), np.random.default_rng(n).random((n, n))
    soft, hard = Problem(cost, mass, mass, eta), Problem(cost, mass, mass, 2.4 * n)
    slow = max(1, sweeps // 20)
    same = {"reg": 1 / eta, "stopThr": 0.0}
    return {
        "ours": (lambda: Sinkhorn(soft).run(sweeps - 1), sweeps),
        "ot.bregman.sinkhorn": (
            lambda: ot.bregman.sinkhorn(mass, mass, cost, numItermax=sweeps, **same),
            sweeps,
        ),
        "ours, logarithms": (lambda: logarithmic(soft, slow), slow),
        "ot.bregman.sinkhorn_log": (
            lambda: ot.bregman.sinkhorn_log(mass, mass, cost, numItermax=slow, **same),
            slow,
        ),
        "SNS": (lambda: sns(hard), 1),
        "ot.emd": (lambda: ot.emd(mass, mass, cost), 1),
    }


def main() -> None:
    """Measure, print and keep times, ratios and exponents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs=2, default=(300, 900))
    parser.add_argument("--sweeps", type=int, default=200)
    parser.add_argument("--eta", type=float, default=100.0, help="for the sweeps alone")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", message="Sinkhorn did not converge")
    times = {}
    for n in given.points:
        work = methods(n, given.eta, given.sweeps)
        found = medians({k: call for k, (call, _) in work.items()}, given.rounds, time.process_time)
        times[n] = {name: found[name] / units for name, (_, units) in work.items()}
    low, high = (times[n] for n in given.points)
    span = math.log(given.points[1] / given.points[0])

    def growth(name: str) -> str:
        return f"n^{math.log(high[name] / low[name]) / span:.1f}"

    pairs = {
        f"a sweep, of {given.sweeps} by Sinkhorn": ("ours", "ot.bregman.sinkhorn", FIRST),
        "a Sinkhorn sweep in logarithms": ("ours, logarithms", "ot.bregman.sinkhorn_log", SAME),
        "random assignment solved": ("SNS", "ot.emd", NETWORK_SIMPLEX),
    }
    rows = [
        row(f"{work}, n = {n}", found[a], f"POT, {b}", found[b], f"{growth(a)}; theirs {growth(b)}", why)
        for work, (a, b, why) in pairs.items()
        for n, found in times.items()
    ]  # fmt: skip
    write(__file__, "Optimal transport", rows)


if __name__ == "__main__":
    main()
