"""Minima at which SGD is stable: exact second moments, and solutions of diagonal linear and two-layer ReLU networks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import stability
from redrawn.methods.stability import squared_regression as diagonal
from redrawn.studies.ensemble import generator

STEPS = (0.005, 0.01, 0.02, 0.03, 0.04)
TRUE = 3
RELU_STEPS = (0.02, 0.04, 0.06, 0.1)
CONVERGED = 1e-4  # loss below which a solution counts as a global minimum


@dataclass(frozen=True)
class Settings:
    """Draws of the linear model; sizes and steps of the diagonal and the ReLU network."""

    draws: int = 10
    seeds: int = 40
    samples: int = 20
    features: int = 40
    scale: float = 0.5
    steps: int = 12_000
    full_steps: int = 3000
    relu_seeds: int = 12
    relu_samples: int = 20
    relu_inputs: int = 5
    width: int = 30
    relu_steps: int = 30_000


SETTINGS = {
    "quick": Settings(),
    "standard": Settings(
        draws=50, seeds=60, steps=30_000, relu_steps=80_000, relu_samples=30, width=50
    ),
    "paper": Settings(
        draws=500, seeds=50, steps=1_000_000, relu_steps=1_000_000, relu_samples=200, width=500
    ),
}


def moments(settings: Settings, seed: int, device: str) -> dict[str, list[float]]:
    """Return the largest stable η tr(H) / 2 for SGD with batches of one and for gradient descent, one value a draw."""
    x = torch.randn(settings.draws, 30, 6, generator=generator(seed), dtype=torch.float64).to(
        device
    )
    half_trace = x.square().mean(1).sum(-1) / 2
    batches = {"SGD": 1.0, "GD": float("inf")}
    return {
        n: (stability.largest_stable_step(x, b) * half_trace).tolist() for n, b in batches.items()
    }


def diagonal_solutions(
    settings: Settings, seed: int, device: str, batch_of_one: bool = True
) -> pd.DataFrame:
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
    rows = torch.arange(k * e, device=device)
    count = settings.steps if batch_of_one else settings.full_steps
    for pick in torch.randint(n, (count,), generator=source).tolist():
        if batch_of_one:
            one = x[rows, pick]
            r = (one * diagonal.weights(u, v)).sum(-1) - y[rows, pick]
            g = r[:, None] * one
            u, v = u - 2 * step * u * g, v + 2 * step * v * g
        else:
            u, v = diagonal.descend(u, v, x, y, step)
    w = diagonal.weights(u, v)
    return _frame(STEPS, e, {
        "loss": diagonal.residuals(u, v, x, y).square().mean(-1) / 2,
        "trace": diagonal.trace_at_solution(u, v, x),
        "norm": (u.square() + v.square()).sum(-1),
        "error": (w - truth).norm(dim=1) / truth.norm(),
    })  # fmt: skip


def relu_solutions(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, step_size, loss, trace, norm) of two-layer ReLU networks that learn a teacher of two neurons by SGD."""
    source, (e, n, d, h) = (
        generator(seed),
        (settings.relu_seeds, settings.relu_samples, settings.relu_inputs, settings.width),
    )
    k = len(RELU_STEPS)
    x, teacher, w, a = (
        torch.randn(*shape, generator=source, dtype=torch.float64)
        for shape in ((e, n, d), (e, d, 2), (e, d, h), (e, h))
    )
    y = ((x @ teacher).relu().sum(-1) / d**0.5).repeat(k, 1).to(device)
    x, w, a = (z.to(device).repeat(k, *[1] * (z.ndim - 1)) for z in (x, w / d**0.5, a / h**0.5))
    step = torch.tensor(RELU_STEPS, dtype=torch.float64, device=device).repeat_interleave(e)[
        :, None
    ]
    for pick in torch.randint(n, (settings.relu_steps,), generator=source).tolist():
        z = (x[:, pick, None] @ w)[:, 0]
        hidden = z.relu()
        pull = step * ((a * hidden).sum(-1) - y[:, pick])[:, None]
        w, a = w - x[:, pick, :, None] * (pull * a * (z > 0))[:, None], a - pull * hidden
    hidden = x @ w
    loss = ((hidden.relu() @ a[..., None])[..., 0] - y).square().mean(-1) / 2
    by_w = ((hidden > 0) * a[:, None].square()).sum(-1) * x.square().sum(-1)
    trace = (hidden.relu().square().sum(-1) + by_w).mean(-1)
    return _frame(
        RELU_STEPS, e, {"loss": loss, "trace": trace, "norm": (w.norm(dim=1) * a.abs()).sum(-1)}
    )


def converged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows at a global minimum: the theory is of these alone; runs that diverged or still move are left out."""
    return frame[frame.loss < CONVERGED]


def largest_product(frame: pd.DataFrame) -> list[float]:
    """Return the largest η tr(H) / 2 over step sizes, one value a seed."""
    kept = converged(frame)
    return (kept.step_size * kept.trace / 2).groupby(kept.seed).max().tolist()


def smallest_and_largest(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return a column at the smallest and at the largest step at which a seed's run found a minimum."""
    ends = converged(frame).sort_values("step_size").groupby("seed")[column]
    return {"small": ends.first().tolist(), "large": ends.last().tolist()}


def at_largest_step(
    full: pd.DataFrame, single: pd.DataFrame, column: str
) -> dict[str, list[float]]:
    """Return a column of gradient descent and SGD at the largest step at which both found a minimum, seed by seed."""
    both = converged(full).merge(
        converged(single), on=["seed", "step_size"], suffixes=("_gd", "_sgd")
    )
    last = both.sort_values("step_size").groupby("seed").last()
    return {"GD": last[f"{column}_gd"].tolist(), "SGD": last[f"{column}_sgd"].tolist()}


def trace_per_norm(frame: pd.DataFrame) -> list[float]:
    """Return the slope of the trace against the squared norm over a seed's minima, one value a seed with three of them."""
    each = [rows for _, rows in converged(frame).groupby("seed") if len(rows) > 2]
    return [np.polyfit(rows["norm"], rows["trace"], 1)[0] for rows in each]


def side_by_side(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the converged rows of all, with a column `network`."""
    return pd.concat([converged(f).assign(network=n) for n, f in frames.items()], ignore_index=True)


def _frame(steps, seeds: int, columns) -> pd.DataFrame:
    found = {name: values.cpu().numpy() for name, values in columns.items()}
    return pd.DataFrame(
        {
            "seed": np.tile(np.arange(seeds), len(steps)),
            "step_size": np.repeat(steps, seeds),
            **found,
        }
    )
