"""Gradient surgery: the landscape of its first figure (Yu et al.)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import gradients
from redrawn.methods.gradients import valley
from redrawn.studies.multi_task_gradients.convex_steps import gramian

METHODS = ("Adam", "Adam + PCGrad")
BETAS, EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Settings:
    """The paper's landscape and number of updates."""

    updates: int = 500_000
    every: int = 500
    learning_rate: float = 1e-3


SETTINGS = {"quick": Settings(), "standard": Settings(every=250)}
SETTINGS["paper"] = SETTINGS["standard"]


def descend(settings: Settings, method: str) -> pd.DataFrame:
    """Run one optimiser on the landscape from the paper's start.

    Returns a frame (method, update, x, y, first, second, conflicts, cosine, similarity, curvature, crossed): θ, both losses,
    and conflict, dominance and curvature at θ. `conflicts` is the share of conflicts since the row before; `curvature` is
    along a plain gradient step of the same learning rate, `crossed` along Adam's own update.
    """
    x, y = valley.START
    mx = my = vx = vy = 0.0
    decay1 = decay2 = 1.0
    (b1, b2), rate = BETAS, settings.learning_rate
    rows, conflicts = [], 0
    for update in range(settings.updates):
        ax, ay, bx, by = valley.gradients(x, y)
        inner = ax * bx + ay * by
        gx, gy = ax + bx, ay + by
        conflicts += inner < 0
        if method == METHODS[1] and inner < 0:
            # two tasks: each loses its part along the other's original gradient
            first, second = inner / (bx * bx + by * by), inner / (ax * ax + ay * ay)
            gx -= first * bx + second * ax
            gy -= first * by + second * ay
        mx, my = b1 * mx + (1 - b1) * gx, b1 * my + (1 - b1) * gy
        vx, vy = b2 * vx + (1 - b2) * gx * gx, b2 * vy + (1 - b2) * gy * gy
        decay1, decay2 = decay1 * b1, decay2 * b2
        size = rate / (1 - decay1)
        scale = 1 - decay2
        dx = -size * mx / (math.sqrt(vx / scale) + EPSILON)
        dy = -size * my / (math.sqrt(vy / scale) + EPSILON)
        if update % settings.every == 0:
            share = conflicts / (settings.every if update else 1)
            rows.append((x, y, *valley.losses(x, y), share, ax, ay, bx, by, dx, dy))
            conflicts = 0
        x, y = x + dx, y + dy
    table = np.array(rows)
    at, tasks, update = table[:, :2], table[:, 5:9], table[:, 9:]
    before = tasks[:, :2] + tasks[:, 2:]
    along = {"curvature": -rate * before, "crossed": update}
    gram = gramian(tasks)
    return pd.DataFrame(table[:, :5], columns=["x", "y", "first", "second", "conflicts"]).assign(
        method=method,
        update=settings.every * np.arange(len(table)),
        cosine=gradients.cosine(gram),
        similarity=gradients.magnitude_similarity(gram),
        **{n: gradients.curvature_along(before, _slopes(at + d), d) for n, d in along.items()},
    )


def _slopes(points: np.ndarray) -> np.ndarray:
    """Return the gradient of the sum of both losses at each point."""
    return np.array([valley.gradients(*p) for p in points.tolist()]).reshape(-1, 2, 2).sum(1)


def paths(settings: Settings) -> pd.DataFrame:
    """Run both optimisers."""
    return pd.concat([descend(settings, m) for m in METHODS], ignore_index=True)


def late(frame: pd.DataFrame, method: str, column: str = "second") -> float:
    """Return the column's median over the last hundredth of the updates."""
    rows = frame[frame.method == method]
    return float(rows[rows["update"] >= 0.99 * rows["update"].max()][column].median())
