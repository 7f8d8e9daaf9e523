"""Sharpness of the gradient flow solution along gradient descent on squared regression (Kreisler et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods.stability import squared_regression
from redrawn.studies.edge_of_stability import beyond_scalar
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Problems, and samples, features and steps of each."""

    seeds: int
    samples: int = 5
    features: int = 20
    steps: int = 200


SETTINGS = {"quick": Settings(4), "standard": Settings(10), "paper": Settings(20)}


def descend(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, iteration, loss, flow_sharpness, threshold) of squared regression with random data."""
    source, (e, n, d) = generator(seed), (settings.seeds, settings.samples, settings.features)
    x, y, u = (
        torch.randn(*shape, generator=source, dtype=torch.float64).to(device)
        for shape in ((e, n, d), (e, n), (e, d))
    )
    u = 0.3 + 0.1 * u.abs()
    v = u.clone()
    solved = squared_regression.flow_solution(u, v, x, y)
    step = beyond_scalar.step_size(squared_regression.sharpness_at_solution(*solved, x))
    path = [(u, v)]
    for _ in range(settings.steps):
        path.append(squared_regression.descend(*path[-1], x, y, step))
    us, vs = (torch.stack(part) for part in zip(*path, strict=True))
    loss = squared_regression.residuals(us, vs, x, y).square().mean(-1) / 2
    solved = squared_regression.flow_solution(us, vs, x, y.expand(len(us), -1, -1))
    sharp = squared_regression.sharpness_at_solution(*solved, x)
    return beyond_scalar.course(loss, sharp, 2 / step[:, 0], 1)
