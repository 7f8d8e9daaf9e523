"""Gradient surgery: its theorems on random convex quadratics (Yu et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import gradients


@dataclass(frozen=True)
class Settings:
    """Sizes of the samples, which are ours."""

    instances: int = 2000
    dimension: int = 3
    pairs: int = 100
    steps: int = 2000
    seeds: int = 8


SETTINGS = {"quick": Settings(), "standard": Settings(instances=10_000, pairs=400)}
SETTINGS["paper"] = SETTINGS["standard"]


def gramian(pairs: np.ndarray) -> np.ndarray:
    """Return the inner products (n, 2, 2) of pairs of gradients, one pair a row (n, 2 d)."""
    jacobian = pairs.reshape(len(pairs), 2, -1)
    return jacobian @ jacobian.swapaxes(1, 2)


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
            gram = gramian(np.concatenate([a, b], 1))
            largest, along = _curvatures(h, a + b)
            fits = (gradients.cosine(gram) <= -gradients.magnitude_similarity(gram)) & (
                along > gradients.bounding_measure(gram) * largest
            )
            for name, part in zip(kept, (a, b, h), strict=True):
                kept[name].append(part[fits])
        a, b, h = (np.concatenate(part)[: settings.instances] for part in kept.values())
        gram = gramian(np.concatenate([a, b], 1))
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
