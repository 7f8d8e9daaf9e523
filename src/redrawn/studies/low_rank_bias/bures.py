"""Deep linear generators under the Bures-Wasserstein loss: critical points, and the minimum on digits."""

import itertools
import math
from dataclasses import dataclass

import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; `pace` is the step of gradient descent times the depth."""

    depths: tuple[int, ...]
    seeds: int = 4
    pace: float = 0.008
    steps: int = 700
    rank: int = 10
    digit_steps: int = 1500


SETTINGS = {
    "quick": Settings((1, 2, 5, 10), seeds=3, pace=0.016, steps=350, digit_steps=1200),
    "standard": Settings((1, 2, 5, 10, 20, 40), digit_steps=4000),
    "paper": Settings((1, 7, *range(10, 101, 5)), seeds=10, pace=0.001, steps=10_000),
}


def critical_gradients(seed: int, seeds: int = 4, tau: float = 0.1) -> list[float]:
    """Return the largest entry of the gradient over all predicted critical points of rank 3 of six dimensions."""
    source, found = generator(seed), []
    for _ in range(seeds):
        x = torch.randn(6, 6, generator=source, dtype=torch.float64)
        sigma = x @ x.T + tau * torch.eye(6, dtype=torch.float64)
        root = low_rank.symmetric_power(sigma, 0.5)
        points = [
            low_rank.critical_point(sigma, list(chosen), tau)
            for chosen in itertools.combinations(range(6), 3)
        ]
        found.append(max(float(low_rank.bures_gradient(w, root, tau).abs().max()) for w in points))
    return found


def digit_covariance(seeds: int, source) -> torch.Tensor:
    """Return covariances of 8-by-8 digits in units of their mean variance, each of a random half of the data."""
    images = torch.tensor(digits.mnist()[0])[:, None]
    small = functional.interpolate(images, (8, 8), mode="area").flatten(1)
    found = []
    for _ in range(seeds):
        half = small[torch.randperm(len(small), generator=source)[: len(small) // 2]]
        c = torch.cov(half.T)
        found.append(c / c.diagonal().mean())
    return torch.stack(found)


def fit_digits(settings: Settings, seed: int, tau: float = 0.05) -> pd.DataFrame:
    """Descend with two layers of rank k from a random start towards the digits' covariance.

    Returns:
        Frame (seed, minimum, predicted, start, end): the loss at the top k eigenpairs, the closed form, and the
        losses before and after descent.
    """
    source, k = generator(seed + 100), settings.rank
    sigma = digit_covariance(settings.seeds, source)
    root = low_rank.symmetric_power(sigma, 0.5)
    n = sigma.shape[-1]
    layers = [
        0.3 * torch.randn(settings.seeds, k, k, generator=source, dtype=torch.float64),
        0.3 * torch.randn(settings.seeds, n, k, generator=source, dtype=torch.float64),
    ]
    start = low_rank.bures_loss(layers[1] @ layers[0], root, tau)
    for _ in range(settings.digit_steps):
        outer = low_rank.bures_gradient(layers[1] @ layers[0], root, tau)
        gradients = low_rank.chain_gradients(layers, outer)
        layers = [w - 0.02 * g for w, g in zip(layers, gradients, strict=True)]
    end = low_rank.bures_loss(layers[1] @ layers[0], root, tau)
    rows = []
    for i in range(settings.seeds):
        w = low_rank.critical_point(sigma[i], list(range(k)), tau)
        least = low_rank.minimal_loss(torch.linalg.eigvalsh(sigma[i]), k, tau)
        values = (low_rank.bures_loss(w, root[i], tau), least, start[i], end[i])
        rows.append((i, *map(float, values)))
    return pd.DataFrame(rows, columns=["seed", "minimum", "predicted", "start", "end"])


def excess_shares(fitted: pd.DataFrame) -> list[float]:
    """Return the excess over the minimum that is left, as a share of the start's."""
    return ((fitted.end - fitted.predicted) / (fitted.start - fitted.predicted)).tolist()


def formula_errors(fitted: pd.DataFrame) -> list[float]:
    """Return the relative difference of the loss at the top eigenpairs from the closed form."""
    return [
        abs(a - b) / max(abs(b), math.ulp(1.0))
        for a, b in zip(fitted.minimum, fitted.predicted, strict=True)
    ]
