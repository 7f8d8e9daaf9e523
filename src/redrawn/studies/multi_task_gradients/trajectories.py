"""Descent of two pairs of quadratics by aggregated gradients (Quinton and Rey)."""

import numpy as np
import pandas as pd

from redrawn.methods.gradients import quadratics
from redrawn.studies.multi_task_gradients.aggregators import weights_of


def descend(
    names: tuple[str, ...] = ("mean", "MGDA", "Aligned-MTL", "UPGrad"),
) -> pd.DataFrame:
    """Descend both problems by each aggregator, as the paper does.

    Returns a frame (problem, aggregator, start, step, x, y, first, second).
    """
    rows = []
    for label, problem in (("EWQ", quadratics.EWQ), ("CQF", quadratics.CQF)):
        for name in names:
            x = problem.starts
            for step in range(problem.steps + 1):
                values, jacobian = quadratics.losses_and_jacobian(problem, x)
                rows += [
                    (label, name, i, step, *p, *v)
                    for i, (p, v) in enumerate(zip(x, values, strict=True))
                ]
                w = weights_of(name, jacobian @ jacobian.swapaxes(1, 2))
                x = x - problem.learning_rate * (w[:, None] @ jacobian)[:, 0]
    columns = ["problem", "aggregator", "start", "step", "x", "y", "first", "second"]
    return pd.DataFrame(rows, columns=columns)


def remaining(frame: pd.DataFrame) -> dict[str, float]:
    """Return, on EWQ, the distance to the optimum at the end over the initial, mean over starts, by aggregator."""
    rows = frame[frame.problem == "EWQ"]
    rows = rows.assign(distance=np.hypot(rows.x, rows.y)).sort_values("step")
    ends = rows.groupby(["aggregator", "start"]).distance.agg(["first", "last"])
    return (ends["last"] / ends["first"]).groupby("aggregator").mean().to_dict()


def off_front(frame: pd.DataFrame, aggregator: str) -> float:
    """Return, on CQF, the distance to the Pareto front at the end, the largest over starts."""
    rows = frame[(frame.problem == "CQF") & (frame.aggregator == aggregator)]
    ends = rows[rows.step == rows.step.max()][["x", "y"]].to_numpy()
    front = quadratics.pareto_points(quadratics.CQF)
    return float(np.linalg.norm(ends[:, None] - front, axis=2).min(1).max())


def rises(frame: pd.DataFrame, aggregator: str) -> float:
    """Return, on CQF, on how many steps one of the objectives rises, mean over starts."""
    rows = frame[(frame.problem == "CQF") & (frame.aggregator == aggregator)]
    change = rows.sort_values("step").groupby("start")[["first", "second"]].diff()
    up = (change > 1e-9).any(axis=1)
    return float(up.groupby(rows.sort_values("step").start).sum().mean())
