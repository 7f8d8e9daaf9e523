"""Gradient surgery: the landscape of its first figure, and its theorems on random quadratics (Yu et al.)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import gradients
from redrawn.methods.gradients import valley

METHODS = ("Adam", "Adam + PCGrad")
BETAS, EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Settings:
    """The paper's landscape and number of updates; sizes of the samples for the theorems are ours."""

    updates: int = 500_000
    every: int = 500
    learning_rate: float = 1e-3
    instances: int = 2000
    dimension: int = 3
    pairs: int = 100
    steps: int = 2000
    seeds: int = 8


SETTINGS = {"quick": Settings(), "standard": Settings(every=250, instances=10_000, pairs=400)}
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
    gram = _gramian(tasks)
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


def _gramian(pairs: np.ndarray) -> np.ndarray:
    jacobian = pairs.reshape(len(pairs), 2, -1)
    return jacobian @ jacobian.swapaxes(1, 2)


def paths(settings: Settings) -> pd.DataFrame:
    """Run both optimisers."""
    return pd.concat([descend(settings, m) for m in METHODS], ignore_index=True)


def late(frame: pd.DataFrame, method: str, column: str = "second") -> float:
    """Return the column's median over the last hundredth of the updates."""
    rows = frame[frame.method == method]
    return float(rows[rows["update"] >= 0.99 * rows["update"].max()][column].median())


def better_steps(settings: Settings, seed: int) -> pd.DataFrame:
    """Compare one step of PCGrad with one of the summed gradient, on random quadratics under the theorem's conditions.

    Gradients g₁, g₂ of a point and the sum's Hessian H are drawn (any are those of two convex quadratics); for the
    conditions, conflict is drawn until cos φ ≤ -Φ and ℓ > ξL, with L the largest eigenvalue and ℓ the curvature along
    the sum; then t = 2/(ℓ - ξL) (1 + U(0, 1)). "outside" has the same gradients, with a step of a tenth of 1/L.

    Returns a frame (seed, conditions, worse): the share of instances on which PCGrad ends higher.
    """
    rows = []
    for replicate in range(settings.seeds):
        rng = np.random.default_rng([seed, replicate])
        kept = {"first": [], "second": [], "hessian": []}
        while sum(map(len, kept["first"])) < settings.instances:
            shape = (settings.instances * 20, settings.dimension)
            a, b = rng.normal(size=shape), rng.normal(size=shape)
            b = b * np.exp(rng.normal(size=(len(b), 1)))
            root = rng.normal(size=(*shape, settings.dimension))
            h = root @ root.swapaxes(1, 2)
            gram = _gramian(np.concatenate([a, b], 1))
            largest, along = _curvatures(h, a + b)
            fits = (gradients.cosine(gram) <= -gradients.magnitude_similarity(gram)) & (
                along > gradients.bounding_measure(gram) * largest
            )
            for name, part in zip(kept, (a, b, h), strict=True):
                kept[name].append(part[fits])
        a, b, h = (np.concatenate(part)[: settings.instances] for part in kept.values())
        gram = _gramian(np.concatenate([a, b], 1))
        largest, along = _curvatures(h, a + b)
        least = 2 / (along - gradients.bounding_measure(gram) * largest)
        steps = {"met": least * (1 + rng.random(len(least))), "outside": 0.1 / largest}
        plain = a + b
        surgery = np.einsum("em,emn->en", gradients.pcgrad_weights(gram), np.stack([a, b], 1))
        for name, t in steps.items():
            gains = [_change(plain, h, t[:, None] * g) for g in (surgery, plain)]
            worse = gains[0] > gains[1] + 1e-9 * np.abs(gains[1])
            rows.append((replicate, name, worse.mean()))
    return pd.DataFrame(rows, columns=["seed", "conditions", "worse"])


def _curvatures(hessian: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along = np.einsum("ei,eij,ej->e", g, hessian, g) / (g**2).sum(1)
    return np.linalg.eigvalsh(hessian)[:, -1], along


def _change(gradient: np.ndarray, hessian: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Return L(θ - step) - L(θ) of the quadratic."""
    return 0.5 * np.einsum("ei,eij,ej->e", step, hessian, step) - (gradient * step).sum(1)


def ends_elsewhere(settings: Settings, seed: int, tolerance: float = 1e-3) -> list[float]:
    """Return on which share of random pairs of convex quadratics PCGrad ends elsewhere than its theorem says.

    It may end at the sum's minimum or at opposite gradients. Steps are 1/L, with L the largest eigenvalue of the sum's Hessian.
    One value a seed.
    """
    n, count = settings.dimension, settings.seeds * settings.pairs
    rng = np.random.default_rng([seed, 1])
    root = rng.normal(size=(count, 2, n, n))
    h = root @ root.swapaxes(2, 3) + 0.1 * np.eye(n)
    centre, x = rng.normal(size=(count, 2, n)), rng.normal(size=(count, n))
    total = h.sum(1)
    rate = 1 / np.linalg.eigvalsh(total)[:, -1]
    for _ in range(settings.steps):
        jacobian = (h @ (x[:, None] - centre)[..., None])[..., 0]
        gram = jacobian @ jacobian.swapaxes(1, 2)
        update = (gradients.pcgrad_weights(gram)[:, None] @ jacobian)[:, 0]
        x = x - rate[:, None] * update
    best = np.linalg.solve(total, (h @ centre[..., None]).sum(1))[..., 0]
    away = np.linalg.norm(x - best, axis=1) / np.linalg.norm(centre, axis=(1, 2))
    elsewhere = (away > tolerance) & (gradients.cosine(gram) > -1 + tolerance)
    return elsewhere.reshape(settings.seeds, -1).mean(1).tolist()
