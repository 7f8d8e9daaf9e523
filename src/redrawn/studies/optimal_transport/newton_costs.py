"""What sparse Newton steps cost: time against Sinkhorn's, operations as n grows, and how sparse the plan is."""

from time import process_time

import numpy as np
import pandas as pd

from redrawn.methods.transport.sinkhorn import Sinkhorn
from redrawn.methods.transport.sparse_newton import largest_entries
from redrawn.studies.optimal_transport.problems import (
    KEPT,
    Settings,
    assignment,
    build,
    warm_sweeps,
)
from redrawn.studies.optimal_transport.sinkhorn_newton import arrivals, newton_stage


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


def sparsity(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the mass outside of the n largest entries (eta, seed, sweeps, outside), as sweeps go on."""
    rows = []
    for eta in settings.etas:
        for i in range(settings.seeds):
            problem = assignment(settings.points, eta, seed, i)
            sinkhorn = Sinkhorn(problem)
            for sweeps in settings.looks:
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
