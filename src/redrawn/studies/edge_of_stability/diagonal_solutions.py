"""Minima of diagonal linear networks that SGD and gradient descent find with several step sizes (Wu and Su)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods.stability import squared_regression as diagonal
from redrawn.studies.edge_of_stability.minima import tabulate
from redrawn.studies.ensemble import generator

STEPS = (0.005, 0.01, 0.02, 0.03, 0.04)
TRUE = 3


@dataclass(frozen=True)
class Settings:
    """Sizes, and steps of SGD and of gradient descent."""

    seeds: int
    steps: int
    samples: int = 20
    features: int = 40
    scale: float = 0.5
    full_steps: int = 3000


SETTINGS = {
    "quick": Settings(20, 9000, full_steps=2000),
    "standard": Settings(60, 30_000),
    "paper": Settings(50, 1_000_000),
}


def train(settings: Settings, seed: int, device: str, batch_of_one: bool = True) -> pd.DataFrame:
    """Return (seed, step_size, loss, trace, norm, error) of diagonal networks trained on three true features of many."""
    source, (e, n, d, k) = (
        generator(seed),
        (settings.seeds, settings.samples, settings.features, len(STEPS)),
    )
    x = torch.randn(e, n, d, generator=source, dtype=torch.float64)
    x = (x / x.square().mean(1, keepdim=True).sqrt()).repeat(k, 1, 1).to(device)
    truth = (torch.arange(d, device=device) < TRUE).double()
    y = x @ truth
    u = torch.full((k * e, d), settings.scale, dtype=torch.float64, device=device)
    v = u.clone()
    step = torch.tensor(STEPS, dtype=torch.float64, device=device).repeat_interleave(e)[:, None]
    examples, targets = x.unbind(1), y[..., None].unbind(1)
    count = settings.steps if batch_of_one else settings.full_steps
    for pick in torch.randint(n, (count,), generator=source).tolist():
        if batch_of_one:
            one = examples[pick]
            r = (one * diagonal.weights(u, v)).sum(-1, keepdim=True) - targets[pick]
            change = 2 * step * r * one
            u, v = u - change * u, v + change * v
        else:
            u, v = diagonal.descend(u, v, x, y, step)
    w = diagonal.weights(u, v)
    return tabulate(STEPS, e, {
        "loss": diagonal.residuals(u, v, x, y).square().mean(-1) / 2,
        "trace": diagonal.trace_at_solution(u, v, x),
        "norm": (u.square() + v.square()).sum(-1),
        "error": (w - truth).norm(dim=1) / truth.norm(),
    })  # fmt: skip
