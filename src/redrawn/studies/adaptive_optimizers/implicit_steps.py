"""AI-SARAH, untuned, against SARAH, SVRG and SGD with momentum at their best rates (Shi et al., 2023)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.logistic_problem import Logistic, data, unit_rows
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import generator

BATCH = 64
NAMES = {"mnist": "digits", "cancer": "breast cancer"}
TINY = 1e-30


@dataclass(frozen=True)
class Settings:
    """Sizes; `rates` of the other methods are in units of 1/L, and each run's gradient is looked at `looks` times."""

    passes: int
    seeds: int
    rates: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    looks: int = 40


SETTINGS = {"quick": Settings(5, 3, (2.0, 4.0, 8.0, 16.0), looks=20), "standard": Settings(20, 6)}
# of the authors' code; their rates are the best of some thousand runs
SETTINGS["paper"] = Settings(20, 10, tuple(2 ** (k / 2) for k in range(-4, 13)))


def problem(name: str, device: str) -> Logistic:
    """Return the problem: unit rows, a column of ones, and a ridge of 1/n."""
    x, y = data(name)
    x = np.hstack([unit_rows(x), np.ones((len(x), 1))]) * y[:, None]
    x = torch.from_numpy(x).to(device)
    return Logistic(x, x.new_full((x.shape[1],), 1 / len(x)))


def batches(x: torch.Tensor, copies: int, source: torch.Generator):
    """Yield batches of rows by reshuffled epochs, (copies, BATCH, d), without end."""
    full = len(x) // BATCH * BATCH
    while True:
        order = torch.stack([torch.randperm(len(x), generator=source) for _ in range(copies)])
        for chosen in order[:, :full].to(x.device).split(BATCH, 1):
            yield x[chosen]


def _momentum(task: Logistic, start, rates, source_batches, total: int):
    """Yield iterates of SGD with momentum, whose rate falls to zero linearly."""
    w = start.clone()
    run = OwnRates([w], lambda p: torch.optim.SGD(p, 1.0, 0.9), rates[:, 0])
    for k in range(total):
        run.step([task.gradient(w, next(source_batches))], 1 - k / total)
        yield w, False


def _follow(task: Logistic, points, settings: Settings, columns: dict) -> pd.DataFrame:
    """Return gradients' squared norms of all copies against effective passes."""
    work, seen, frames, steps = 0.0, 0.0, [], []
    n = len(task.x)
    for w, full, *alpha in points:
        work += BATCH / n + full
        steps += alpha
        if work >= settings.passes:
            break
        if work >= seen:
            norm = (task.gradient(w) ** 2).sum(1).clamp(min=TINY).tolist()
            frames.append(pd.DataFrame({"passes": work, "norm": norm, **columns}))
            seen += settings.passes / settings.looks
    last = (task.gradient(w) ** 2).sum(1).clamp(min=TINY).tolist()
    frames.append(pd.DataFrame({"passes": float(settings.passes), "norm": last, **columns}))
    median = np.median(steps) * task.smoothness if steps else np.nan
    return pd.concat(frames, ignore_index=True).assign(step=median)


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run every method; return (name, method, rate, seed, passes, norm, step).

    `norm` is ‖∇P‖², `rate` in units of 1/L (nan for AI-SARAH), `step` the median α times L of AI-SARAH.
    """
    frames = []
    for name in NAMES:
        task = problem(name, device)
        n, d = task.x.shape
        source = generator(seed)
        for i in range(settings.seeds):
            points = optimizers.ai_sarah(task, task.x.new_zeros(1, d), batches(task.x, 1, source))  # fmt: skip
            columns = {"name": NAMES[name], "method": "AI-SARAH", "rate": np.nan, "seed": i}
            frames.append(_follow(task, points, settings, columns))
        rates = task.x.new_tensor(settings.rates).repeat_interleave(settings.seeds)[:, None] / task.smoothness  # fmt: skip
        start = task.x.new_zeros(len(rates), d)
        columns = {"name": NAMES[name], "rate": np.repeat(settings.rates, settings.seeds)}
        columns["seed"] = np.tile(np.arange(settings.seeds), len(settings.rates))
        total = settings.passes * n // BATCH
        for method in ("SARAH", "SVRG", "SGD with momentum"):
            shuffled = batches(task.x, settings.seeds, source)  # the same at every rate
            points = (
                _momentum(task, start, rates, shuffled, total)
                if method == "SGD with momentum"
                else optimizers.variance_reduced(task.gradient, start, rates, shuffled, n // BATCH, method == "SARAH")
            )  # fmt: skip
            frames.append(_follow(task, points, settings, {**columns, "method": method}))
    return pd.concat(frames, ignore_index=True)


def tuned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each set and method at the rate of least mean log₁₀ ‖∇P‖² at the end."""
    parts = []
    for _, rows in frame.groupby(["name", "method"], sort=False):
        last = rows[rows.passes == rows.passes.max()]
        means = np.log10(last.norm).groupby(last.rate).mean()
        # a diverged run is not a number
        parts.append(rows if means.empty else rows[rows.rate == means.idxmin()])
    return pd.concat(parts, ignore_index=True)


def ends(frame: pd.DataFrame, name: str) -> dict[str, list[float]]:
    """Return log₁₀ ‖∇P‖² at the end, of AI-SARAH and of the other method that is lowest on average, by seed."""
    rows = frame[(frame.name == NAMES[name]) & (frame.passes == frame.passes.max())]
    rows = rows.drop_duplicates(["method", "seed"], keep="last")
    table = np.log10(rows.pivot(index="seed", columns="method", values="norm"))
    other = table.drop(columns="AI-SARAH").mean().idxmin()
    return {"AI-SARAH": table["AI-SARAH"].tolist(), "best other": table[other].tolist()}


def median_steps(frame: pd.DataFrame) -> list[float]:
    """Return the median step of AI-SARAH on digits, in units of 1/L, one a seed."""
    rows = frame[(frame.method == "AI-SARAH") & (frame.name == NAMES["mnist"])]
    return rows.groupby("seed").step.first().tolist()
