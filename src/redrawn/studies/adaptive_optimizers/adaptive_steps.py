"""OASIS against gradient descent where features are badly scaled (Jahani et al., 2021)."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.logistic_problem import Logistic, data, unit_rows
from redrawn.studies.ensemble import generator

RIDGE = 0.01
SCALES = (0.0, 4.0)  # columns are multiplied by exp(u), u uniform in ± this
FIRST_STEPS = tuple(10.0**k for k in range(-6, 1))
DESCENT_RATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # in units of 1/L
TINY = 1e-16  # a gap that is lost to rounding counts as this
NAMES = {"cancer": "breast cancer", "digits": "digits"}


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    iterations: int
    seeds: int


SETTINGS = {"quick": Settings(300, 8), "standard": Settings(500, 8)}


def _problem(name: str, spread: float, source, device: str) -> Logistic:
    """Return the problem with scaled columns; the ridge is scaled along, so that the least loss is the same."""
    x, y = data(name)
    x = torch.from_numpy((unit_rows(x) if name == "digits" else x) * y[:, None])
    uniform = torch.rand(x.shape[1], generator=source, dtype=x.dtype)
    scales = torch.exp(spread * (2 * uniform - 1))
    return Logistic((x * scales).to(device), (RIDGE * scales**2).to(device))


def _path(problem: Logistic, w, step, source, count: int, second: bool):
    """Return gaps of OASIS, or with the identity for its diagonal, after each step, (count, e)."""
    product = problem.product if second else None
    steps = optimizers.oasis(problem.gradient, product, w, step, source)
    return _gaps(problem, islice(steps, count))


def _gaps(problem, points):
    least = problem.loss(problem.minimiser())
    losses = problem.loss(torch.cat(points := list(points))).view(len(points), -1)
    return (losses - least).clamp(min=TINY).cpu().numpy()


def _descent(problem: Logistic, w, rates):
    while True:
        w = w - rates * problem.gradient(w)
        yield w


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run every method on each set and scaling; return (name, spread, method, seed, iteration, gap)."""
    source = generator(seed)
    frames = []
    for name in NAMES:
        for spread in SCALES:
            for i in range(settings.seeds):
                problem = _problem(name, spread, source, device)
                start = problem.x.new_zeros(1, problem.x.shape[1])
                first = problem.x.new_full((1, 1), FIRST_STEPS[0])
                rates = problem.x.new_tensor(DESCENT_RATES)[:, None] / problem.smoothness
                descent = _descent(problem, start.expand(len(rates), -1), rates)
                gaps = _gaps(problem, islice(descent, settings.iterations))
                paths = {
                    "OASIS": _path(problem, start, first, source, settings.iterations, True)[:, 0],
                    "adaptive descent": _path(problem, start, first, source, settings.iterations, False)[:, 0],
                    "gradient descent": gaps[:, np.nanargmin(np.nan_to_num(gaps[-1], nan=np.inf))],
                }  # fmt: skip
                for method, gap in paths.items():
                    frame = pd.DataFrame({"iteration": np.arange(1, len(gap) + 1), "gap": gap})
                    frames.append(frame.assign(name=NAMES[name], spread=spread, method=method, seed=i))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def ends(frame: pd.DataFrame, name: str) -> dict[str, list[float]]:
    """Return log₁₀ of the gaps after all iterations on scaled columns: OASIS's and the lower of the others, by seed."""
    rows = frame[(frame.name == NAMES[name]) & (frame.spread == max(SCALES))]
    last = rows[rows.iteration == rows.iteration.max()].pivot(index="seed", columns="method", values="gap")  # fmt: skip
    others = last[["adaptive descent", "gradient descent"]].min(axis=1)
    return {"OASIS": np.log10(last["OASIS"]).tolist(), "best gradient descent": np.log10(others).tolist()}  # fmt: skip


def sensitivity(settings: Settings, seed: int, device: str) -> list[float]:
    """Return most over fewest iterations to a millionth of the first gap, over first steps, one a seed."""
    source = generator(seed + 1)
    found = []
    for _ in range(settings.seeds):
        problem = _problem("cancer", 0.0, source, device)
        w = problem.x.new_zeros(len(FIRST_STEPS), problem.x.shape[1])
        steps = problem.x.new_tensor(FIRST_STEPS)[:, None]
        gaps = _path(problem, w, steps, source, settings.iterations, True)
        first = float(problem.loss(w)[0] - problem.loss(problem.minimiser())[0])
        below = gaps <= 1e-6 * first
        needed = np.where(below.any(0), below.argmax(0) + 1, len(gaps))
        found.append(needed.max() / needed.min())
    return found
