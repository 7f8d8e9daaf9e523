"""Two learning rates against the convex programme that they imply, where all residuals commute."""

import math

import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias.double import Settings, rate_of
from redrawn.studies.low_rank_bias.double_convex import RATIOS, STARTS, N


def circulant_problems(seeds: int, source):
    """Draw the first columns of circulant matrices of rank four and spectral norm 5, and with outliers N(0, (10 mean |X|)²) on four diagonals.

    Sums, products and entrywise squares of symmetric circulant matrices are such matrices, and all of them commute.
    """
    angle = 2 * math.pi / N * torch.arange(N, dtype=torch.float64)
    x, y = [], []
    for _ in range(seeds):
        frequency, hit = (1 + torch.randperm(N // 2 - 1, generator=source)[:2] for _ in range(2))
        size = 1 + torch.rand(2, generator=source, dtype=torch.float64)
        wave = (torch.cos(frequency[:, None] * angle) * size[:, None]).sum(0)
        wave = 5 * wave / (N / 2 * size.max())  # a cosine's eigenvalues are N/2, twice
        outliers = torch.zeros_like(wave)
        draw = torch.randn(2, generator=source, dtype=torch.float64)
        outliers[hit] = outliers[N - hit] = 10 * wave.abs().mean() * draw
        x.append(wave)
        y.append(wave + outliers)
    return torch.stack(x), torch.stack(y)


def compare(settings: Settings, seed: int) -> pd.DataFrame:
    """Compare descent from every start and with every ratio with the convex programme of weight 1/α.

    Returns:
        Frame (start, ratio, weight, seed, distance, matrices) as of `double_convex.compare`.
    """
    x, y = circulant_problems(settings.convex_seeds, generator(seed + 400))
    size = torch.tensor(STARTS, dtype=torch.float64)[:, None, None, None]
    ratio = torch.tensor(RATIOS, dtype=torch.float64)[:, None, None]
    every = y.expand(len(STARTS), len(RATIOS), *y.shape)
    found = low_rank.circulant_descent(every, ratio, rate_of(ratio), size, settings.convex_steps)
    best = low_rank.circulant_pursuit(every[0], 1 / ratio, settings.pursuit_steps)
    apart = (found - best).norm(dim=-1) / x.norm(dim=-1)
    index = pd.MultiIndex.from_product(
        [STARTS, RATIOS, range(len(y))], names=["start", "ratio", "seed"]
    )
    frame = pd.DataFrame({"distance": apart.flatten().numpy()}, index).reset_index()
    return frame.assign(weight="1/α", matrices="circulant")
