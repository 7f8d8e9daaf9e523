"""The wall in the error of a recurrent unit, and temporal order with and without what is done about it (Pascanu et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import recurrent
from redrawn.studies.ensemble import generator

WALLS = (4.6, 5.0, 5.4)
FLOORS = -2.95, -1.95
METHODS = {"neither": (np.inf, 0.0), "clipping": (1.0, 0.0), "both": (1.0, 4.0)}
"""Threshold of the norm and weight of the Jacobian term."""


@dataclass(frozen=True)
class Settings:
    """Sizes; step size, batch, threshold and weight of the temporal-order task are the paper's."""

    lengths: tuple[int, ...]
    updates: int
    seeds: int
    unseen: int
    every: int
    units: int = 50
    batch: int = 20
    rate: float = 0.01
    surface: int = 141
    line: int = 20_001
    starts: int = 40
    descents: int = 6
    descent_steps: int = 400
    descent_rate: float = 0.05
    threshold: float = 0.1


SETTINGS = {
    "quick": Settings((10,), 900, 6, 400, 25),
    "standard": Settings((10, 20), 4000, 6, 1000, 50),
    "paper": Settings((16, 20, 50, 100, 150, 200, 250), 5_000_000, 5, 10_000, 1000, surface=401),
}


def surface(settings: Settings, device: str) -> pd.DataFrame:
    """Return (w, b, error) on a grid, as in the paper's Fig. 6."""
    w = torch.linspace(4.5, 5.5, settings.surface, dtype=torch.float64, device=device)
    b = torch.linspace(*FLOORS, settings.surface, dtype=torch.float64, device=device)
    w, b = torch.meshgrid(w, b, indexing="ij")
    parts = {"w": w, "b": b, "error": recurrent.error(w, b)}
    return pd.DataFrame({name: part.flatten().cpu() for name, part in parts.items()})


def walls(settings: Settings, device: str) -> pd.DataFrame:
    """Return (w, steps, b, gradient, curvature): the largest |∂E/∂b| and |∂²E/∂b²|, and where the first is.

    Two finer grids about the steepest place of the one before: a wall is as narrow as its slope is steep.
    """
    rows = []
    for w in WALLS:
        for steps in (20, 30, 40, 50):
            low, high = FLOORS
            largest = [0.0, 0.0]
            for _ in range(3):
                b = torch.linspace(low, high, settings.line, dtype=torch.float64, device=device)
                _, *both = recurrent.derivatives(torch.full_like(b, w), b, steps)
                largest = [
                    max(old, float(d.abs().max())) for old, d in zip(largest, both, strict=True)
                ]
                place = float(b[both[0].abs().argmax()])
                cell = 40 * (high - low) / settings.line
                low, high = place - cell, place + cell
            rows.append((w, steps, place, *largest))
    return pd.DataFrame(rows, columns=["w", "steps", "b", "gradient", "curvature"])


def descend(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Descend from random starts above the wall, plainly and with rescaled gradients.

    Returns:
        (method, seed, error), the mean error at the end over a set of starts; and (w, b, error, method, step) from the start that is
        thrown furthest in one plain step.
    """
    source = generator(seed)
    draw = torch.rand(2, settings.descents, settings.starts, generator=source, dtype=torch.float64)
    start = torch.stack([4.6 + 0.8 * draw[0], -2.3 + 0.3 * draw[1]]).to(device)
    place = start.repeat(1, 2, 1)
    threshold = torch.full(place.shape[1:], np.inf, dtype=torch.float64, device=device)
    threshold[settings.descents :] = settings.threshold
    path = [place]
    for _ in range(settings.descent_steps):
        by_w, by_b, _ = recurrent.derivatives(*place)
        step = torch.stack([by_w, by_b]).flatten(1).T  # (starts, 2): each start has its own norm
        (step,) = recurrent.rescale([step], threshold.flatten())
        place = place - settings.descent_rate * step.T.reshape(place.shape)
        path.append(place)
    names = [(m, i) for m in ("plain", "rescaled") for i in range(settings.descents)]
    final = recurrent.error(*place).mean(1).tolist()
    rows = [(*name, value) for name, value in zip(names, final, strict=True)]
    path = torch.stack(path, 1).unflatten(2, (2, -1)).flatten(3).cpu()  # (2, steps, method, start)
    longest = path[:, 1:, 0].sub(path[:, :-1, 0]).norm(dim=0).amax(0).argmax()
    paths = []
    for method, (w, b) in zip(("plain", "rescaled"), path[..., longest].movedim(2, 0), strict=True):
        columns = {"w": w, "b": b, "error": recurrent.error(w, b)}
        paths.append(pd.DataFrame(columns).assign(method=method, step=range(len(w))))
    return pd.DataFrame(rows, columns=["method", "seed", "error"]), pd.concat(paths)


def order(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Learn temporal order; return (length, method, seed, updates, wrong).

    `updates` is how many it took until fewer than 1 % of fresh sequences were wrong, or the budget; `wrong` the least
    share seen. A seed's networks share their start and their sequences.
    """
    rows = []
    copies, seeds = len(METHODS), settings.seeds
    threshold, weight = (
        torch.tensor(column, dtype=torch.float32, device=device).repeat_interleave(seeds)
        for column in zip(*METHODS.values(), strict=True)
    )
    for length in settings.lengths:
        source = generator(seed)
        start = recurrent.initial(settings.units, 6, 4, seeds, source)
        weights = recurrent.Weights(*(p.repeat(copies, 1, 1).to(device) for p in start))
        updates = torch.full((copies * seeds,), settings.updates)
        least = torch.ones(copies * seeds)
        for done in range(1, settings.updates + 1):
            inputs, classes = recurrent.temporal_order(
                length, (seeds, settings.batch), source, device
            )
            inputs, classes = inputs.repeat(1, copies, 1, 1), classes.repeat(copies, 1)
            _, gradient, errors = recurrent.backward(weights, inputs, classes)
            _, term = recurrent.jacobian_term(errors)
            gradient = [gradient[0] + weight[:, None, None] * term, *gradient[1:]]
            gradient = recurrent.rescale(gradient, threshold)
            weights = recurrent.Weights(
                *(p - settings.rate * g for p, g in zip(weights, gradient, strict=True))
            )
            if done % settings.every == 0:
                inputs, classes = recurrent.temporal_order(
                    length, (1, settings.unseen), source, device
                )
                _, scores = recurrent.forward(weights, inputs)
                wrong = (scores.argmax(-1) != classes).float().mean(1).cpu()
                updates = torch.where(wrong < 0.01, updates.clamp_max(done), updates)
                least = torch.minimum(least, wrong)
        names = [(length, m, i) for m in METHODS for i in range(seeds)]
        each = zip(names, updates.tolist(), least.tolist(), strict=True)
        rows += [(*name, *values) for name, *values in each]
    return pd.DataFrame(rows, columns=["length", "method", "seed", "updates", "wrong"])
