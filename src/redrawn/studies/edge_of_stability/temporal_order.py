"""Temporal order learnt with clipped gradients and the Jacobian term, and without (Pascanu, Mikolov and Bengio)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import recurrent
from redrawn.studies.ensemble import generator

METHODS = {"neither": (np.inf, 0.0), "clipping": (1.0, 0.0), "both": (1.0, 4.0)}
"""Threshold of the norm and weight of the Jacobian term."""


@dataclass(frozen=True)
class Settings:
    """Sizes; step size, batch, threshold and weight are the paper's."""

    lengths: tuple[int, ...]
    updates: int
    seeds: int
    unseen: int
    every: int
    units: int = 50
    batch: int = 20
    rate: float = 0.01


SETTINGS = {
    "quick": Settings((10,), 900, 3, 200, 50),
    "standard": Settings((10, 20), 4000, 6, 1000, 50),
    "paper": Settings((16, 20, 50, 100, 150, 200, 250), 5_000_000, 5, 10_000, 1000),
}


def learn(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Learn temporal order; return (length, method, seed, updates, wrong).

    `updates` is how many it took until fewer than 1 % of fresh sequences were wrong, or the budget; `wrong` the least
    share seen by then. A seed's networks share their start and their sequences.
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
                if (least < 0.01).all():
                    break
        names = [(length, m, i) for m in METHODS for i in range(seeds)]
        each = zip(names, updates.tolist(), least.tolist(), strict=True)
        rows += [(*name, *values) for name, *values in each]
    return pd.DataFrame(rows, columns=["length", "method", "seed", "updates", "wrong"])
