"""Whether clipping coordinates makes training faster, each method at its best rate (Pan and Li, 2023)."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.directional_sharpness import Settings, Text
from redrawn.studies.adaptive_optimizers.next_steps import METHODS
from redrawn.studies.ensemble import generator

RATES = {
    "SGD": (0.3, 1.0, 3.0, 10.0),
    "clipped SGD": (0.3, 1.0, 3.0, 10.0),
    "Adam": (1e-3, 3e-3, 1e-2, 3e-2),
    "clipped Adam": (0.03, 0.1, 0.3, 1.0),
}


def speeds(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train by each method at each of its rates, all side by side; return (method, rate, seed, loss).

    `loss` is the mean over the last tenth of steps. Networks of one seed start alike and see the same texts.
    """
    frames = []
    for method, rates in RATES.items():
        source = generator(seed)
        text = Text(settings, settings.speed_seeds, source, device)
        start = text.model.initial(settings.speed_seeds, source, device)
        parameters = start.repeat(len(rates), 1)
        rate = torch.tensor(rates, device=device).repeat_interleave(settings.speed_seeds)[:, None]
        make, share = METHODS[method]
        shadow = torch.zeros_like(parameters)
        run = make([shadow])
        total = torch.zeros(len(parameters), device=device)
        last = settings.steps // 10
        for step in range(settings.steps):
            texts = text.batch(settings.batch).repeat(len(rates), 1, 1)
            losses, gradient = text.gradient(parameters, texts)
            shadow.grad = optimizers.clip_coordinates(gradient, share) if share else gradient
            run.step()
            # rates differ between rows, which an optimizer's own do not
            parameters = parameters + rate * shadow
            shadow.zero_()
            total += losses / last if step >= settings.steps - last else 0
        index = [(r, i) for r in rates for i in range(settings.speed_seeds)]
        found = zip(index, total.tolist(), strict=True)
        frames += [(method, r, i, v) for (r, i), v in found]
    return pd.DataFrame(frames, columns=["method", "rate", "seed", "loss"])


def best(frame: pd.DataFrame, methods: tuple[str, ...]) -> dict[str, list[float]]:
    """Return each method's losses at its rate of least mean loss, one value a seed; a rate that blew up is not it."""
    found = {}
    for method in methods:
        table = frame[frame.method == method].pivot(index="seed", columns="rate", values="loss")
        means = table.mean().where(np.isfinite(table).all(), np.inf)
        found[method] = table[means.idxmin()].tolist()
    return found
