"""Matrix sensing from a small start: one rank after another."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator

SCALES = (1.0, 1e-1, 1e-2, 1e-3, 1e-5)
"""Sizes α of the start of the factors that have as many columns as rows."""

FEW = 3
"""Columns of the under-parameterised factor, which starts at α = 0.001."""


@dataclass(frozen=True)
class Settings:
    """Sizes; eigenvalues are 5, 2.5, 1.25 … as many as the rank; `best_steps` find the best solutions."""

    d: int
    rank: int
    measurements: int
    steps: int
    seeds: int = 4
    step: float = 0.01
    every: int = 10
    best_steps: int = 1500


SETTINGS = {
    "quick": Settings(30, 4, 360, 2200, seeds=3, every=20, best_steps=600),
    "standard": Settings(40, 4, 640, 2600, seeds=4),
    "paper": Settings(50, 5, 5000, 10_000, seeds=10),
}


def name(scale: float, letter: str = "α") -> str:
    """Return a scale as the claims call it."""
    return f"{letter} = {np.format_float_positional(scale, trim='-')}"


def descend(settings: Settings, seed: int) -> pd.DataFrame:
    """Run gradient descent from every scale, and from few columns.

    Returns:
        Frame (seed, step, start, loss, error, effective, numerical, rank 1, rank 2, …): the sensing loss, the
        relative distance to X*, two effective ranks, and the relative distances to the best solutions Z_s.
    """
    source, d, r = generator(seed), settings.d, settings.rank
    starts = [*map(name, SCALES), f"{FEW} columns"]
    ranks = [f"rank {s}" for s in range(1, r + 1)]
    columns = ["loss", "error", "effective", "numerical", *ranks]
    frames = []
    for i in range(settings.seeds):
        basis = torch.linalg.qr(torch.randn(d, d, generator=source, dtype=torch.float64)).Q[:, :r]
        x = (basis * 5 * 0.5 ** torch.arange(r)) @ basis.T
        measure = low_rank.gaussian_measurements(d, settings.measurements, source)
        y, normal = measure @ low_rank.to_vector(x), measure.mT @ measure
        seen = y @ measure
        best = [*low_rank.best_of_ranks(x, measure, [*range(1, r)], settings.best_steps, 0.02), x]
        unit = torch.randn(d, d, generator=source, dtype=torch.float64) / d**0.5
        u = torch.stack([*(a * unit for a in SCALES), 1e-3 * unit])
        u[-1, :, FEW:] = 0
        rows = []
        for step in range(settings.steps + 1):
            if step % settings.every == 0:
                product = u @ u.mT
                values = torch.linalg.eigvalsh(product).clamp_min(0)
                row = [
                    low_rank.sensing_loss(u, measure, y),
                    (product - x).norm(dim=(1, 2)) / x.norm(),
                    low_rank.entropy_rank(values),
                    low_rank.numerical_rank(values),
                    *((product - z).norm(dim=(1, 2)) / z.norm() for z in best),
                ]
                rows.append(torch.stack(row, 1))
            u = u - settings.step * low_rank.sensing_gradient(u, normal, seen)
        steps = range(0, settings.steps + 1, settings.every)
        index = pd.MultiIndex.from_product([[i], steps, starts], names=["seed", "step", "start"])
        frames.append(pd.DataFrame(torch.cat(rows).numpy(), index, columns).reset_index())
    return pd.concat(frames, ignore_index=True)


def dips(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, for each start, seed and rank, the smallest distance, its step and the numerical rank there."""
    ranks = [c for c in frame.columns if c.startswith("rank ")]
    rows = []
    for (start, seed), part in frame.groupby(["start", "seed"], sort=False):
        for s, column in enumerate(ranks, 1):
            at = part.loc[part[column].idxmin()]
            rows.append((start, seed, column, s, at[column], at.step, at.numerical))
    columns = ["start", "seed", "name", "rank", "distance", "step", "numerical"]
    return pd.DataFrame(rows, columns=columns)


def order(found: pd.DataFrame) -> dict[str, list[float]]:
    """Return the step of the closest approach to ranks 1 … 4 from the smallest start."""
    rows = found[(found.start == name(SCALES[-1])) & (found["rank"] <= 4)]
    return {k: part.sort_values("seed").step.tolist() for k, part in rows.groupby("name")}


def closeness(found: pd.DataFrame) -> dict[str, list[float]]:
    """Return the mean smallest distance to ranks 1, 2 and 3 by start; the largest start is left out."""
    rows = found[found.start.isin([*map(name, SCALES[1:])]) & (found["rank"] <= 3)]
    mean = rows.groupby(["start", "seed"], sort=False).distance.mean()
    return {k: mean[k].tolist() for k in map(name, SCALES[1:])}


def rank_deviation(found: pd.DataFrame) -> list[float]:
    """Return the largest difference of the numerical rank from s at the closest approaches, s = 1, 2, 3."""
    rows = found[(found.start == name(SCALES[-1])) & (found["rank"] <= 3)]
    return (rows.numerical - rows["rank"]).abs().groupby(rows.seed).max().tolist()


def error_at_loss(frame: pd.DataFrame, share: float = 1e-3) -> dict[str, list[float]]:
    """Return the error where the loss is first below `share` of the loss of U = 0, for the three largest starts."""
    found = {}
    zero = frame[frame.start == name(SCALES[-1])].groupby("seed").loss.first()
    for start in map(name, SCALES[:3]):
        found[start] = []
        for seed, part in frame[frame.start == start].groupby("seed"):
            below = part[part.loss < share * zero[seed]]
            found[start].append(float((below if len(below) else part.iloc[-1:]).error.iloc[0]))
    return found


def final_under(frame: pd.DataFrame) -> list[float]:
    """Return how far the under-parameterised factor ends from the best solution of its number of columns."""
    rows = frame[(frame.start == f"{FEW} columns") & (frame.step == frame.step.max())]
    return rows.sort_values("seed")[f"rank {FEW}"].tolist()
