"""Tubal tensor sensing from small and large starts."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.incremental import name

N, TUBES = 10, 4
SCALES = (1e-1, 1e-2, 1e-4, 1e-6)
WIDTHS = (10, 50, 100)


@dataclass(frozen=True)
class Settings:
    """Sizes; side, tubes, measurements and the step are those of the authors' code."""

    steps: int
    seeds: int = 4
    step: float = 1e-5
    early: int = 1250
    every: int = 100


SETTINGS = {
    "quick": Settings(5000, seeds=5),
    "standard": Settings(8000, seeds=6),
    "paper": Settings(10_000, seeds=20),
}


def descend(
    settings: Settings, rank: int, width: int, scales, factor: float, pace: float, source
) -> pd.DataFrame:
    """Descend on Σ (⟨A_i, U ∗ Uᵀ⟩ - y_i)² from each scale, every seed with measurements of its own.

    Args:
        settings: sizes.
        rank: tubal rank of the truth, whose tubal singular values are all one.
        width: columns R of U.
        scales: sizes of the start.
        factor: of the number of measurements, factor · (n + 1) r k ln(n + 1).
        pace: 2 with the authors' gradient Σ residual · (A_i + A_iᵀ) ∗ U, and 4 where their A_i is G + Gᵀ itself.
        source: generator.

    Returns:
        Frame (start, seed, step, test, train, angle, rank): relative errors, the angle of the leading subspace to
        the power method's, and the number of tubal singular values above a twentieth of the largest.
    """
    e, b = settings.seeds, len(scales)
    count = math.ceil(factor * (N + 1) * rank * TUBES * math.log(N + 1))

    def draw(*shape):
        return torch.randn(shape, generator=source, dtype=torch.float64)

    slices = torch.linalg.svd(low_rank.to_slices(draw(e, N, rank, TUBES)), full_matrices=False).U
    basis = low_rank.from_slices(slices)
    truth = low_rank.t_product(basis, low_rank.t_transpose(basis))
    raw = draw(e, count, N, N, TUBES)
    measure = ((raw + low_rank.t_transpose(raw)) / 2).flatten(2)
    y = measure @ truth.flatten(1)[..., None]
    start = draw(e, N, width, TUBES) / width**0.5
    u = torch.stack([a * start for a in scales], 1)
    power = low_rank.leading_subspace((measure.mT @ y)[..., 0].reshape(truth.shape), rank)
    power = power[:, None].expand(e, b, *power.shape[1:])
    size, rows = truth.flatten(1).norm(dim=1)[:, None], []
    for step in range(settings.steps + 1):
        shifted = low_rank.tube_shifts(u)
        product = low_rank.gram(u, shifted)
        residual = measure @ product.flatten(2).mT - y
        if step % settings.every == 0:
            values = low_rank.tubal_singular_values(u).square()
            columns = {
                "start": np.tile([name(a) for a in scales], e),
                "seed": np.repeat(np.arange(e), b), "step": np.full(e * b, step),
                "test": (product - truth[:, None]).flatten(2).norm(dim=2) / size,
                "train": residual.norm(dim=1) / y.norm(dim=1),
                "angle": low_rank.subspace_angle(power, u),
                "rank": low_rank.numerical_rank(values),
            }  # fmt: skip
            rows.append(pd.DataFrame({k: np.ravel(v) for k, v in columns.items()}))
        slope = (measure.mT @ residual).mT.reshape(product.shape)
        u = u - pace * settings.step * low_rank.multiply(slope, shifted)
    return pd.concat(rows, ignore_index=True)


def phases(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `descend` for the setting of the two phases: rank 2, R = 100, α = 1e-7."""
    return descend(settings, 2, 100, (1e-7,), 1.2, 2, generator(seed))


def scales(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `descend` for rank 3, R = 50 and every scale of `SCALES`."""
    return descend(settings, 3, 50, SCALES, 0.9, 4, generator(seed + 500))


def widths(settings: Settings, seed: int) -> dict[str, list[float]]:
    """Return log₁₀ of the test error at an early step for each R, α = 1e-7; each R draws its own problems alike."""
    found = {}
    short = Settings(settings.early, settings.seeds, settings.step, every=settings.early)
    for width in WIDTHS:
        frame = descend(short, 3, width, (1e-7,), 0.9, 4, generator(seed + 900))
        rows = frame[frame.step == settings.early].sort_values("seed")
        found[f"R = {width}"] = np.log10(rows.test).tolist()
    return found


def angles(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the smallest angle while the test error is above 0.95, and the one at the end."""
    early = frame[frame.test > 0.95].groupby("seed").angle.min()
    end = frame[frame.step == frame.step.max()].sort_values("seed").angle
    return {"end": end.tolist(), "spectral phase": early.tolist()}


def final(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return {start: value at the last step, seed by seed}."""
    rows = frame[frame.step == frame.step.max()].sort_values("seed")
    return {k: part[column].tolist() for k, part in rows.groupby("start", sort=False)}


def slope(frame: pd.DataFrame) -> float:
    """Return the slope of log error on log α over the scales, mean over seeds."""
    mean = [np.mean(np.log10(v)) for v in final(frame, "test").values()]
    return float(np.polyfit(np.log10(SCALES), mean, 1)[0])
