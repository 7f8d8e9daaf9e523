"""The largest stable steps of SGD and Adam by the size of the batch (Granziol, Zohren and Roberts)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.studies.edge_of_stability.digit_networks import digits, losses, networks
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; step sizes stand on logarithmic grids."""

    pictures: int
    rates: int
    networks: int = 16
    side: int = 7
    width: int = 12
    steps: int = 60
    batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    sgd: tuple[float, float] = (0.01, 100.0)
    adam: tuple[float, float] = (0.0003, 3.0)


SETTINGS = {
    "quick": Settings(1000, 14, 8),
    "standard": Settings(2000, 40),
    # all pictures there are; those and the networks of the paper are larger
    "paper": Settings(
        5000, 60, side=28, width=64, steps=500, batches=(1, 2, 4, 8, 16, 32, 64, 128, 256)
    ),
}


def search(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Find the largest stable step of both methods; return (method, batch, seed, rate).

    A step size is stable if after the steps the loss of all pictures is finite and below that at the start; the largest is
    the last before the first of the grid that is not.
    """
    source = generator(seed)
    x, y = digits(settings.pictures, settings.side, source, device)
    e, r = settings.networks, settings.rates
    flat, shapes = networks(e, settings.side, settings.width, source, device)
    start = flat.repeat_interleave(r, 0)
    many = x.expand(len(start), -1, -1), y.expand(len(start), -1)
    before = losses(flat, shapes, x.expand(e, -1, -1), y.expand(e, -1))[:, None]
    rows = []
    for method, (low, high) in (("SGD", settings.sgd), ("Adam", settings.adam)):
        grid = torch.logspace(np.log10(low), np.log10(high), r, dtype=start.dtype, device=device)
        rates = grid.repeat(e)[:, None]
        for batch in settings.batches:
            draws = torch.randint(len(x), (settings.steps, e, batch), generator=source).to(device)
            moved = _run(method, start, shapes, rates, x, y, draws.repeat_interleave(r, 1))
            kept = losses(moved, shapes, *many).unflatten(0, (e, r)) < before
            count = kept.int().cumprod(1).sum(1).clamp_min(1)
            rows += [(method, batch, i, float(grid[n - 1])) for i, n in enumerate(count.tolist())]
    return pd.DataFrame(rows, columns=["method", "batch", "seed", "rate"])


def _run(method, start, shapes, rates, x, y, draws):
    """Return the networks after a step with each batch, every network at a step size of its own."""
    # a learning rate of one in units of the rate is that rate; the optimizer has but one for all networks
    units = rates if method == "Adam" else rates.sqrt()
    own = (start / units).requires_grad_()
    optimizer = (
        torch.optim.Adam([own], 1.0, eps=1e-30) if method == "Adam" else torch.optim.SGD([own], 1.0)
    )
    for places in draws:
        optimizer.zero_grad()
        losses(own * units, shapes, x[places], y[places]).sum().backward()
        optimizer.step()
    return (own * units).detach()
