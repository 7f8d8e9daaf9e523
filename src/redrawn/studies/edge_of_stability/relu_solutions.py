"""Minima of two-layer ReLU networks that SGD finds with several step sizes (Wu and Su)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.studies.edge_of_stability.minima import tabulate
from redrawn.studies.ensemble import generator

STEPS = (0.02, 0.04, 0.06, 0.1)


@dataclass(frozen=True)
class Settings:
    """Sizes and steps."""

    steps: int
    seeds: int = 12
    samples: int = 20
    inputs: int = 5
    width: int = 30


SETTINGS = {
    "quick": Settings(10_000),
    "standard": Settings(80_000, samples=30, width=50),
    "paper": Settings(1_000_000, samples=200, width=500),
}


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, step_size, loss, trace, norm) of two-layer ReLU networks that learn a teacher of two neurons by SGD."""
    source, (e, n, d, h) = (
        generator(seed),
        (settings.seeds, settings.samples, settings.inputs, settings.width),
    )
    k = len(STEPS)
    x, teacher, w, a = (
        torch.randn(*shape, generator=source, dtype=torch.float64)
        for shape in ((e, n, d), (e, d, 2), (e, d, h), (e, h))
    )
    y = ((x @ teacher).relu().sum(-1) / d**0.5).repeat(k, 1).to(device)
    x, w, a = (z.to(device).repeat(k, *[1] * (z.ndim - 1)) for z in (x, w / d**0.5, a / h**0.5))
    step = torch.tensor(STEPS, dtype=torch.float64, device=device).repeat_interleave(e)[:, None]
    rows, targets = x[:, :, None].unbind(1), y[..., None].unbind(1)
    for pick in torch.randint(n, (settings.steps,), generator=source).tolist():
        one = rows[pick]
        z = (one @ w)[:, 0]
        hidden = z.relu()
        pull = step * ((a * hidden).sum(-1, keepdim=True) - targets[pick])
        w -= one.mT * (pull * a * (z > 0))[:, None]
        a -= pull * hidden
    hidden = x @ w
    loss = ((hidden.relu() @ a[..., None])[..., 0] - y).square().mean(-1) / 2
    by_w = ((hidden > 0) * a[:, None].square()).sum(-1) * x.square().sum(-1)
    trace = (hidden.relu().square().sum(-1) + by_w).mean(-1)
    return tabulate(
        STEPS, e, {"loss": loss, "trace": trace, "norm": (w.norm(dim=1) * a.abs()).sum(-1)}
    )
