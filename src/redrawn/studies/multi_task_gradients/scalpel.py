"""Bloop: a main and an auxiliary loss under noisy gradients (Hsieh et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import gradients
from redrawn.studies.ensemble import generator

METHODS = ("mixed", "PCGrad", "dynamic barrier", "no average", "Bloop")
AVERAGED = {"Bloop": 0.01}
"""ρ of the moving average; a method that is not named has none, ρ = 1."""


@dataclass(frozen=True)
class Settings:
    """The quadratics have the sizes of the authors' notebook."""

    seeds: int
    weights: int
    epochs: int
    images: int
    image_epochs: int
    draws: int = 40
    batches: int = 400
    examples: int = 256
    dimension: int = 300
    batch: int = 64
    learning_rate: float = 1e-3


SETTINGS = {
    "quick": Settings(4, 7, 200, 2000, 5),
    "standard": Settings(6, 10, 1000, 4000, 25, draws=100, batches=1000),
    "paper": Settings(8, 10, 1000, 4000, 50, draws=200, batches=4000),
}


def direction(
    method: str,
    main: torch.Tensor,
    auxiliary: torch.Tensor,
    average: torch.Tensor,
    weight: torch.Tensor,
) -> torch.Tensor:
    """Return one method's direction; `weight` is λ, with a last dimension of one."""
    if method == "mixed":
        return main + weight * auxiliary
    if method == "dynamic barrier":
        return gradients.dynamic_barrier(main, auxiliary, weight)
    if method == "PCGrad":
        pair = torch.stack([main, weight * auxiliary], -2)
        gram = (pair @ pair.mT).flatten(0, -3).double().cpu().numpy()
        w = torch.from_numpy(gradients.pcgrad_weights(gram)).to(main)
        return (w.view(*pair.shape[:-1], 1) * pair).sum(-2)
    return gradients.bloop(main, auxiliary, average, weight)


def noise(settings: Settings, seed: int, device: str, size: int = 100) -> pd.DataFrame:
    """Average the projection of an auxiliary gradient on one batch's main gradient, over many batches.

    Returns a frame (seed, noise, projected, mixed): root mean square, over draws of both gradients, of the distance to the ideal
    projection and to the auxiliary gradient itself.
    """
    rows = []
    source = generator(seed)
    levels = np.geomspace(0.1, 10, 13)
    for replicate in range(settings.seeds):
        main, auxiliary = torch.randn((2, settings.draws, 1, size), generator=source).to(device)
        ideal = gradients.project_out(auxiliary, main)
        for level in levels:
            shape = (settings.draws, settings.batches, size)
            batch = main + float(level) * torch.randn(shape, generator=source).to(device)
            mean = gradients.project_out(auxiliary, batch).mean(1, keepdim=True)
            far = [
                (mean - goal).square().sum(-1).mean().sqrt().item() for goal in (ideal, auxiliary)
            ]
            rows.append((replicate, level, *far))
    return pd.DataFrame(rows, columns=["seed", "noise", "projected", "mixed"])


def at_noise(frame: pd.DataFrame, end: str) -> dict[str, list[float]]:
    """Return both distances at the least ("low") or largest ("high") noise, one value a seed."""
    level = frame.noise.min() if end == "low" else frame.noise.max()
    rows = frame[frame.noise == level].sort_values("seed")
    return {name: rows[name].tolist() for name in ("projected", "mixed")}


def crossing(frame: pd.DataFrame) -> list[float]:
    """Return the noise at which both distances are equal, by linear interpolation in logarithms, one value a seed."""
    found = []
    for _, rows in frame.sort_values("noise").groupby("seed"):
        lead = np.log(rows.projected / rows.mixed)
        found.append(float(np.exp(np.interp(0.0, lead, np.log(rows.noise)))))
    return found


def bias(weights: tuple[float, ...] = (0.1, 1.0, 10.0), steps: int = 4000) -> pd.DataFrame:
    """Descend L_main = a²/2, L_aux = ((a - 1)² + b²)/2 from (2, 2), without noise, by the mixed loss and by Bloop.

    Returns a frame (method, weight, distance, auxiliary): |a| and the auxiliary loss at the end.
    """
    rows = []
    weight = torch.tensor(weights, dtype=torch.float64)[:, None]
    for method in ("mixed", "Bloop"):
        point = torch.full((len(weights), 2), 2.0, dtype=torch.float64)
        average = torch.zeros_like(point)
        for _ in range(steps):
            main = point * torch.tensor([1.0, 0.0])
            auxiliary = point - torch.tensor([1.0, 0.0])
            average = gradients.renew(average, main, 0.1)
            point = point - 0.05 * direction(method, main, auxiliary, average, weight)
        auxiliary = ((point - torch.tensor([1.0, 0.0])) ** 2).sum(1) / 2
        ends = zip(weights, point[:, 0].abs().tolist(), auxiliary.tolist(), strict=True)
        rows += [(method, *line) for line in ends]
    return pd.DataFrame(rows, columns=["method", "weight", "distance", "auxiliary"])
