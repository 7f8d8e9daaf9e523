"""Tubal tensor sensing: random tensors from small and large starts."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.incremental import name
from redrawn.studies.low_rank_bias.tubal_descent import (
    TUBES,
    N,
    degrees_of_freedom,
    descend,
    random_truth,
)

SCALES = (1e-1, 1e-2, 1e-4, 1e-6)
WIDTHS = (10, 100)


@dataclass(frozen=True)
class Settings:
    """Sizes; sides, tubes, measurements and step of the random tensors are those of the authors' code."""

    steps: int
    photograph_steps: int
    seeds: int = 4
    width_seeds: int = 40
    step: float = 1e-5
    early: int = 1250
    every: int = 100
    photograph_every: int = 20


SETTINGS = {
    "quick": Settings(6000, 4000, seeds=6, width_seeds=4, photograph_every=40),
    "standard": Settings(10_000, 10_000, seeds=8, width_seeds=100),
    "paper": Settings(10_000, 40_000, seeds=20, width_seeds=100),
}


def random_count(rank: int, factor: float) -> int:
    """Return the authors' number of measurements, factor · (n + 1) r k ln(n + 1)."""
    return math.ceil(factor * (N + 1) * rank * TUBES * math.log(N + 1))


def phases(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `descend` for the setting of the two phases: rank 2, R = 100, α = 1e-7."""
    source, s = generator(seed), settings
    truth = random_truth(s.seeds, 2, source)
    pace = 2 * s.step  # the authors' gradient has A_i + A_iᵀ
    starts = {name(1e-7): (100, 1e-7)}
    return descend(truth, random_count(2, 1.2), starts, pace, s.steps, s.every, source)


def scales(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `descend` for rank 3, R = 50 and every scale of `SCALES`."""
    source, s = generator(seed + 500), settings
    truth = random_truth(s.seeds, 3, source)
    pace = 4 * s.step  # here the authors' A_i is G + Gᵀ itself
    starts = {name(a): (50, a) for a in SCALES}
    return descend(truth, random_count(3, 0.9), starts, pace, s.steps, s.every, source)


def widths(settings: Settings, seed: int) -> dict[str, list[float]]:
    """Return log₁₀ of the test error at an early step for each R, α = 1e-7, every R on the same problems."""
    source, s = generator(seed + 900), settings
    truth = random_truth(s.width_seeds, 3, source)
    starts = {f"R = {width}": (width, 1e-7) for width in WIDTHS}
    pace = 4 * s.step
    return log_errors(descend(truth, random_count(3, 0.9), starts, pace, s.early, s.early, source))


def random_entries() -> int:
    """Return the number of free entries of the symmetric tensors of the two other experiments."""
    return degrees_of_freedom(N, TUBES, N)


def angles(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the smallest angle while the test error is above 0.95, and the one at the end."""
    early = frame[frame.test > 0.95].groupby("seed").angle.min()
    end = frame[frame.step == frame.step.max()].sort_values("seed").angle
    return {"end": end.tolist(), "spectral phase": early.tolist()}


def final(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return {start: value at the last step, seed by seed}."""
    rows = frame[frame.step == frame.step.max()].sort_values("seed")
    return {k: part[column].tolist() for k, part in rows.groupby("start", sort=False)}


def log_errors(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {start: log₁₀ of the test error at the last step, seed by seed}; errors spread over decades."""
    return {start: np.log10(v).tolist() for start, v in final(frame, "test").items()}


def slope(frame: pd.DataFrame) -> float:
    """Return the slope of log error on log α over the scales, mean over seeds."""
    mean = [np.mean(v) for v in log_errors(frame).values()]
    return float(np.polyfit(np.log10(SCALES), mean, 1)[0])
