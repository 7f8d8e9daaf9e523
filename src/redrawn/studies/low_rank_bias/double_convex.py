"""Two learning rates against the convex programme that they imply, where measurements commute and where they do not."""

import math

import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.double import Settings, descend, problems
from redrawn.studies.low_rank_bias.incremental import name

N = 30
RATIOS = (3.0, math.sqrt(N), 10.0)
STARTS = (1e-2, 1e-4, 1e-8)
"""Sizes γ of the start; the theorem is of the limit."""

WEIGHTS = {"1/α": 1.0, "3/α": 3.0, "1/(3α)": 1 / 3}
"""Factors of the convex programme's weight, in units of 1/α."""


def circulant_problems(seeds: int, source):
    """Draw circulant matrices of rank four and spectral norm 5, and outliers N(0, (10 mean |X|)²) on four diagonals.

    Sums, products and entrywise squares of symmetric circulant matrices are such matrices, and all of them commute.
    """
    place = torch.arange(N)
    lag, angle = (place[:, None] - place) % N, 2 * math.pi / N * place.double()
    x, y = [], []
    for _ in range(seeds):
        frequency, hit = (1 + torch.randperm(N // 2 - 1, generator=source)[:2] for _ in range(2))
        size = 1 + torch.rand(2, generator=source, dtype=torch.float64)
        wave = (torch.cos(frequency[:, None] * angle) * size[:, None]).sum(0)
        wave = 5 * wave / (N / 2 * size.max())  # a cosine's eigenvalues are N/2, twice
        outliers = torch.zeros_like(wave)
        draw = torch.randn(2, generator=source, dtype=torch.float64)
        outliers[hit] = outliers[N - hit] = 10 * wave.abs().mean() * draw
        x.append(wave[lag])
        y.append((wave + outliers)[lag])
    return torch.stack(x), torch.stack(y)


def distances(x, y, weights: list[str], steps: int) -> pd.DataFrame:
    """Compare descent from every start and with every ratio with the convex programmes of `weights`.

    Returns:
        Frame (start, ratio, weight, seed, distance): distance over the truth's norm.
    """
    found, rows = descend(y, RATIOS, STARTS, steps), []
    for k, ratio in enumerate(RATIOS):
        for label in weights:
            weight = torch.full((len(y),), WEIGHTS[label] / ratio, dtype=torch.float64)
            best = low_rank.component_pursuit(y, weight, 400)[0]
            apart = (found[:, k] - best).norm(dim=(2, 3)) / x.norm(dim=(1, 2))
            rows += [
                (start, ratio, label, i, float(d))
                for start, each in zip(STARTS, apart, strict=True)
                for i, d in enumerate(each)
            ]
    return pd.DataFrame(rows, columns=["start", "ratio", "weight", "seed", "distance"])


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Return the frame of `distances` for circulant matrices at weight 1/α, and for random ones at every weight.

    A column `matrices` tells them apart.
    """
    e, steps = settings.convex_seeds, settings.convex_steps
    circulant = distances(*circulant_problems(e, generator(seed + 400)), ["1/α"], steps)
    random = distances(*problems(N, 3, 0.1, e, generator(seed + 300)), list(WEIGHTS), steps)
    frames = circulant.assign(matrices="circulant"), random.assign(matrices="random")
    return pd.concat(frames, ignore_index=True)


def by_weight(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return for random matrices the mean over ratios of the distance at weight 1/α, and at the nearer other one.

    From the smallest start.
    """
    rows = frame[(frame.start == STARTS[-1]) & (frame.matrices == "random")]
    table = rows.pivot_table("distance", ["seed", "ratio"], "weight")
    other = table[["3/α", "1/(3α)"]].min(axis=1)
    return {
        "weight 1/α": table["1/α"].groupby("seed").mean().tolist(),
        "nearer other weight": other.groupby("seed").mean().tolist(),
    }


def limit(frame: pd.DataFrame, matrices: str) -> dict[str, list[float]]:
    """Return the mean over ratios of the distance at weight 1/α, by size of the start."""
    rows = frame[(frame.weight == "1/α") & (frame.matrices == matrices)]
    mean = rows.groupby(["start", "seed"]).distance.mean()
    return {name(a, "γ"): mean[a].tolist() for a in STARTS}
