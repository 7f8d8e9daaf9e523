"""Tubal tensor sensing: random tensors from small and large starts."""

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


def random_truth(seeds: int, rank: int, source) -> torch.Tensor:
    """Draw tensors whose first `rank` tubal singular values are one and the others zero."""
    x = torch.randn(seeds, N, rank, TUBES, generator=source, dtype=torch.float64)
    slices = torch.linalg.svd(low_rank.to_slices(x), full_matrices=False).U
    basis = low_rank.from_slices(slices)
    return low_rank.t_product(basis, low_rank.t_transpose(basis))


def degrees_of_freedom(n: int, k: int, rank: int) -> int:
    """Return the number of free parameters of a symmetric tensor of sides n, k tubes and that tubal rank.

    A real Fourier slice has n·rank - rank(rank - 1)/2, a pair of conjugate ones 2n·rank - rank².
    """
    real = 1 + (k % 2 == 0)
    return real * (n * rank - rank * (rank - 1) // 2) + (k - real) // 2 * (2 * n * rank - rank**2)


def descend(truth, count: int, starts, pace: float, steps: int, every: int, source):
    """Descend on Σ (⟨A_i, U ∗ Uᵀ⟩ - y_i)² from each start, every seed with measurements of its own.

    A_i has standard normal entries. Of it a symmetric tensor sees the symmetric part only, whose coordinates are
    standard normal again.

    Args:
        truth: X ∗ Xᵀ of each seed.
        count: number of measurements.
        starts: {name: (columns R of U, size of the start)}; starts of as many columns share one draw.
        pace: step of gradient descent; the gradient is Σ residual · sym(A_i) ∗ U.
        steps: number of steps.
        every: steps between two rows of the result.
        source: generator.

    Returns:
        Frame (start, seed, step, test, train, angle, rank, rank 1 …): relative errors, the angle of the leading
        subspace to the power method's, the number of tubal singular values above a twentieth of the largest, and
        relative distances to the best approximations of the truth of tubal rank 1, 2 ….
    """
    e, n, _, k = truth.shape
    b, r = len(starts), int(low_rank.numerical_rank(low_rank.tubal_singular_values(truth)).max())
    free = low_rank.to_coordinates(truth)

    def draw(*shape):
        return torch.randn(shape, generator=source, dtype=torch.float64)

    measure = draw(e, count, free.shape[-1])
    normal = measure.mT @ measure
    power = low_rank.leading_subspace(
        low_rank.from_coordinates((normal @ free[..., None])[..., 0], n, k), r
    )
    power = power[:, None].expand(e, b, *power.shape[1:])
    widths = dict.fromkeys(width for width, _ in starts.values())
    drawn = {w: low_rank.square_root(draw(e, n, w, k) / w**0.5) for w in widths}
    u = torch.stack([size * drawn[width] for width, size in starts.values()], 1)
    best = {f"rank {s}": low_rank.best_of_tubal_rank(truth, s)[:, None] for s in range(1, r + 1)}
    size = free.norm(dim=1)[:, None]
    weight = (free * (normal @ free[..., None])[..., 0]).sum(1).sqrt()[:, None]
    descent = low_rank.TubalDescent(normal, free[:, None], (n, k), pace)
    slices, rows = low_rank.half_slices(u), []
    for step in range(steps + 1):
        if step % every == 0:
            u = low_rank.from_half_slices(slices, k)
            product = low_rank.t_product(u, low_rank.t_transpose(u))
            residual = low_rank.to_coordinates(product) - free[:, None]
            columns = {
                "start": np.tile(list(starts), e),
                "seed": np.repeat(np.arange(e), b), "step": np.full(e * b, step),
                "test": residual.norm(dim=2) / size,
                "train": (residual * (residual @ normal)).sum(2).clamp_min(0).sqrt() / weight,
                "angle": low_rank.subspace_angle(power, u),
                "rank": low_rank.numerical_rank(low_rank.tubal_singular_values(u).square()),
            } | {
                s: (product - z).flatten(2).norm(dim=2) / z.flatten(2).norm(dim=2)
                for s, z in best.items()
            }  # fmt: skip
            rows.append(pd.DataFrame({key: np.ravel(v) for key, v in columns.items()}))
        slices = descent.step(slices)
    return pd.concat(rows, ignore_index=True)


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
