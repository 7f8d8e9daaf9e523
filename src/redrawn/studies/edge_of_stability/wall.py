"""The wall in the error of a recurrent unit, and descents that meet it (Pascanu, Mikolov and Bengio)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import recurrent
from redrawn.studies.ensemble import generator

WALLS = (4.6, 5.0, 5.4)
FLOORS = -2.95, -1.95


@dataclass(frozen=True)
class Settings:
    """Sizes of grids, and starts, steps, step size and threshold of descents."""

    surface: int = 141
    line: int = 20_001
    starts: int = 40
    descents: int = 6
    descent_steps: int = 400
    descent_rate: float = 0.05
    threshold: float = 0.1


SETTINGS = {"quick": Settings(surface=101), "standard": Settings(), "paper": Settings(401)}


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
