"""The distance from the start along training at one step size (Hoffer, Hubara and Soudry)."""

import numpy as np
import pandas as pd

from redrawn.studies.edge_of_stability.clothes import clothes, epochs
from redrawn.studies.edge_of_stability.large_batches import Settings, begin, train

SHAPES = {"linear": lambda t: t, "root": np.sqrt, "logarithm": np.log}


def distances(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train at one step size without end; return (batch, seed, step, distance)."""
    x, y, _, _ = clothes(settings.pictures, settings.side, device)
    looks = np.geomspace(settings.first_look, settings.walk, settings.looks).round().astype(int)
    rows = []
    for batch in (settings.small, settings.large):
        start, source = begin(settings, settings.seeds, seed, device)
        steps = settings.walk if batch == settings.small else settings.walk // 4
        order = epochs(len(x), batch, settings.seeds, steps, source).to(device)
        rates = [settings.rate] * steps
        _, found = train(settings, start, x, y, order, settings.small, rates, set(looks.tolist()))
        rows += [(batch, i, step, d) for step, all in found.items() for i, d in enumerate(all)]
    return pd.DataFrame(rows, columns=["batch", "seed", "step", "distance"])


def fits(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {shape: residual deviation of a + b f(t) over the range of distances}, one value a seed."""
    found = {}
    for name, shape in SHAPES.items():
        found[name] = []
        for _, rows in frame.groupby("seed"):
            design = np.stack([np.ones(len(rows)), shape(rows.step.to_numpy(float))], 1)
            rest = rows.distance - design @ np.linalg.lstsq(design, rows.distance)[0]
            found[name].append(float(rest.std() / np.ptp(rows.distance)))
    return found
