"""Particle gradient descent: error against iterations and particles, and where convexity is missing."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods.transport import particle_descent as descent


@dataclass(frozen=True)
class Settings:
    """Sizes; the paper's own experiments are not known to us."""

    steps: int
    numbers: tuple[int, ...] = (10, 30, 100, 300)
    seeds: int = 4
    neurons: int = 100
    teacher: int = 20


SETTINGS = {
    "quick": Settings(1000),
    "standard": Settings(10_000, (10, 30, 100, 300, 1000)),
    "paper": Settings(100_000, (10, 30, 100, 300, 1000, 3000), seeds=10),
}


def decaying(first: float):
    """Return the step size first/√k."""
    return lambda k: first / math.sqrt(k)


def far_start(seed: int, seeds: int, n: int, low: float = 1.5, high: float = 1.6) -> np.ndarray:
    """Return particles (seeds, n) in an interval away from the target, no two at one place."""
    return np.random.default_rng([seed, n]).uniform(low, high, (seeds, n))


def energy_rates(settings: Settings, seed: int) -> pd.DataFrame:
    """Descend the energy distance to U[0, 1] (n, seed, step, gap: best so far)."""
    rows = []
    for n in settings.numbers:
        start = far_start(seed, settings.seeds, n)
        values, _ = descent.particle_descent(
            descent.energy_to_uniform, start, settings.steps, decaying(0.5)
        )
        best = np.minimum.accumulate(values, axis=0)
        for step in np.unique(np.geomspace(1, settings.steps, 80).astype(int)):
            rows += [(n, i, step, v) for i, v in enumerate(best[step - 1])]
    return pd.DataFrame(rows, columns=["n", "seed", "step", "gap"])


def iteration_slopes(frame: pd.DataFrame) -> np.ndarray:
    """Return the slope of log gap in log step with the most particles, until twice their own optimum 1/(6n²), by seed."""
    n = frame.n.max()
    slopes = []
    for _, run in frame[frame.n == n].groupby("seed"):
        used = run[run.gap > 2 / (6 * n**2)]
        slopes.append(np.polyfit(np.log(used.step), np.log(used.gap), 1)[0])
    return np.array(slopes)


def number_slopes(frame: pd.DataFrame) -> np.ndarray:
    """Return the slope of the last log gap in log n, by seed."""
    last = frame[frame.step == frame.step.max()]
    return np.array(
        [np.polyfit(np.log(run.n), np.log(run.gap), 1)[0] for _, run in last.groupby("seed")]
    )


def contraction(settings: Settings, seed: int, rate: float = 0.1, steps: int = 100) -> np.ndarray:
    """Return by seed: the factor by which a step shrinks the distance to the minimiser, late, over 1 - rate."""
    start = far_start(seed, settings.seeds, 50, 1.0, 3.0)
    centre = -0.5

    def functional(w):
        return descent.quadratic_with_attraction(w, centre)

    distances = []
    for count in (steps, steps + 1):
        _, w = descent.particle_descent(functional, start, count, lambda k: rate)
        distances.append(np.sqrt(((w - centre) ** 2).mean(-1)))
    return distances[1] / distances[0] / (1 - rate)


def network(settings: Settings, seed: int) -> pd.DataFrame:
    """Learn threshold neurons 1[⟨w, x⟩ > 0] by their angles from a far start (functional, seed, step, loss).

    Inputs are uniform on the circle, so that the squared loss is the energy distance over 2π. Beside it, the
    same particles under a discrepancy with a narrow Gaussian kernel, which is not displacement convex.
    """
    rng = np.random.default_rng([seed, 3])
    teacher = rng.uniform(0, 0.6 * math.pi, (settings.seeds, settings.teacher))
    start = rng.uniform(0.9 * math.pi, math.pi, (settings.seeds, settings.neurons))
    functionals = {
        "network": lambda w: descent.energy_to_sample(w, teacher),
        "Gaussian kernel": lambda w: descent.kernel_discrepancy(w, teacher, 0.1),
    }
    rows = []
    steps = min(settings.steps, 3000)
    for name, functional in functionals.items():
        values, _ = descent.particle_descent(functional, start, steps, decaying(0.5))
        scale = 1 / (2 * math.pi) if name == "network" else 1.0
        for step in np.unique(np.geomspace(1, steps, 80).astype(int)):
            rows += [(name, i, step, v) for i, v in enumerate(scale * values[step - 1])]
    return pd.DataFrame(rows, columns=["functional", "seed", "step", "loss"])


def decrease(frame: pd.DataFrame, functional: str) -> np.ndarray:
    """Return log₁₀ of the last over the first loss, by seed."""
    run = frame[frame.functional == functional].sort_values("seed")
    last, first = (run[run.step == k].loss.to_numpy() for k in (run.step.max(), 1))
    return np.log10(last / first)
