"""Aggregators of gradients: which of three properties each has (Quinton and Rey)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import gradients

PROPERTIES = ("non-conflicting", "linear under scaling", "weighted")
PAPER = {
    "UPGrad": (True, True, True),
    "DualProj": (True, False, True),
    "MGDA": (True, False, True),
    "mean": (False, True, True),
    "PCGrad": (False, True, True),
    "Aligned-MTL": (False, False, True),
    "GradDrop": (False, False, False),
}
"""Which aggregator has which property, as the paper says."""

LIMITS = {"non-conflicting": -1e-4, "linear under scaling": 1e-4, "weighted": 1e-4}


@dataclass(frozen=True)
class Settings:
    """Sizes: random Jacobians of each shape, and seeds."""

    jacobians: int
    seeds: int


SETTINGS = {
    "quick": Settings(40, 5),
    "standard": Settings(200, 8),
    "paper": Settings(1000, 8),
}


def weights_of(
    name: str, gram: np.ndarray, orders: np.ndarray | None = None, regularisation: float = 0.0
) -> np.ndarray:
    """Return an aggregator's coefficients, as a mean would have them (for two tasks PCGrad is then UPGrad)."""
    m = gram.shape[1]
    if name == "mean":
        return np.full(gram.shape[:2], 1 / m)
    if name == "PCGrad":
        return gradients.pcgrad_weights(gram, orders) / m
    if name == "Aligned-MTL":
        return gradients.aligned_weights(gram, np.full(gram.shape[:2], 1 / m))
    if name == "UPGrad":
        return gradients.upgrad_weights(gram, regularisation)
    return {"DualProj": gradients.dualproj_weights, "MGDA": gradients.mgda_weights}[name](gram)


def aggregate(name: str, jacobian: np.ndarray, orders: np.ndarray, uniform: np.ndarray):
    """Return the updates (e, n) of one aggregator; orders and uniform are what random ones draw from."""
    if name == "GradDrop":
        return gradients.graddrop(jacobian, uniform)
    w = weights_of(name, jacobian @ jacobian.swapaxes(1, 2), orders)
    return (w[:, None] @ jacobian)[:, 0]


def properties(settings: Settings, seed: int) -> pd.DataFrame:
    """Look for violations of the three properties on random Jacobians of 3 to 8 rows, of very different lengths.

    Returns a frame (aggregator, seed, property, violation): the smallest cosine between update and row; the largest relative
    deviation of A(diag(a + b) J) from A(diag(a) J) + A(diag(b) J); the largest share of the update's norm outside of the rows' span.
    """
    rows = []
    for replicate in range(settings.seeds):
        rng = np.random.default_rng([seed, replicate])
        found = {(name, p): [] for name in PAPER for p in PROPERTIES}
        for tasks in range(3, 9):
            e, n = settings.jacobians, 12
            jacobian = rng.normal(size=(e, tasks, n)) * np.exp(rng.normal(size=(e, tasks, 1)))
            jacobian = jacobian - rng.random((e, 1, 1)) * jacobian.mean(1, keepdims=True)
            a, b = np.exp(rng.normal(size=(2, e, tasks, 1)))
            orders = gradients.random_orders(e, tasks, rng)
            uniform = rng.random((e, n))
            inverse = np.linalg.pinv(jacobian)
            for name in PAPER:
                update, first, second, both = (
                    aggregate(name, c * jacobian, orders, uniform) for c in (1, a, b, a + b)
                )
                size = np.linalg.norm(update, axis=1)
                rows_size = np.linalg.norm(jacobian, axis=2)
                cosine = (jacobian @ update[..., None])[..., 0] / (rows_size * size[:, None])
                off = np.linalg.norm(both - first - second, axis=1) / np.linalg.norm(both, axis=1)
                inside = (inverse @ (jacobian @ update[..., None]))[..., 0]
                outside = np.linalg.norm(update - inside, axis=1) / size
                found[name, PROPERTIES[0]].append(cosine.min())
                found[name, PROPERTIES[1]].append(off.max())
                found[name, PROPERTIES[2]].append(outside.max())
        for (name, p), values in found.items():
            worst = min(values) if p == PROPERTIES[0] else max(values)
            rows.append((name, replicate, p, float(worst)))
    return pd.DataFrame(rows, columns=["aggregator", "seed", "property", "violation"])


def violation(frame: pd.DataFrame, aggregator: str, name: str) -> list[float]:
    """Return one aggregator's violations of one property, one value a seed."""
    rows = frame[(frame.aggregator == aggregator) & (frame.property == name)]
    return rows.sort_values("seed").violation.tolist()


def agreement(frame: pd.DataFrame) -> list[float]:
    """Return the share of the table's entries in which what was found and what the paper says agree, one value a seed."""
    said = [
        PAPER[a][PROPERTIES.index(p)] for a, p in zip(frame.aggregator, frame.property, strict=True)
    ]
    limit = frame.property.map(LIMITS)
    has = np.where(
        frame.property == PROPERTIES[0], frame.violation >= limit, frame.violation <= limit
    )
    return pd.Series(has == np.array(said)).groupby(frame.seed).mean().tolist()
