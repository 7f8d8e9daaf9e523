"""What large batches lose in accuracy, and what closes the gap (Hoffer, Hubara and Soudry)."""

import numpy as np
import pandas as pd
import torch

from redrawn.studies.edge_of_stability.clothes import clothes, epochs
from redrawn.studies.edge_of_stability.large_batches import Settings, begin, train


def accuracies(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train each way; return (way, seed, accuracy).

    `large` has the small batch's epochs and step size; `rate` multiplies the step by √(large/small), `ghost` normalises by
    ghosts of the small batch as well, and `regime` makes as many updates as the small batch.
    """
    x, y, unseen, truth = clothes(settings.pictures, settings.side, device)
    small, large = settings.small, settings.large
    scaled = settings.rate * (large / small) ** 0.5
    epoch = {b: len(x) // b for b in (small, large)}
    updates = settings.epochs * epoch[small]
    ways = {
        "small": (small, small, settings.rate, updates),
        "large": (large, large, settings.rate, settings.epochs * epoch[large]),
        "rate": (large, large, scaled, settings.epochs * epoch[large]),
        "ghost": (large, small, scaled, settings.epochs * epoch[large]),
        "regime": (large, small, scaled, updates),
    }
    rows = []
    for way, (batch, ghost, rate, steps) in ways.items():
        start, source = begin(settings, settings.runs, seed, device)
        order = epochs(len(x), batch, settings.runs, steps, source).to(device)
        fallen = np.searchsorted(settings.falls, np.arange(steps) / steps, side="right")
        network, _ = train(settings, start, x, y, order, ghost, (rate * 0.1**fallen).tolist())
        with torch.no_grad():
            answers = network.scores(unseen.expand(settings.runs, -1, -1)).argmax(-1)
        right = (answers == truth).float().mean(1).tolist()
        rows += [(way, i, share) for i, share in enumerate(right)]
    return pd.DataFrame(rows, columns=["way", "seed", "accuracy"])
