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
    """Sizes; `pictures` is the set of digits."""

    iterations: int
    seeds: int
    pictures: str = "digits"


SETTINGS = {
    "quick": Settings(300, 8),
    "standard": Settings(500, 8),
    # we could not read the paper's sizes: this is the largest set of digits that there is
    "paper": Settings(1000, 8, "mnist"),
}


def _problem(name: str, spread: float, source, device: str, seeds: int = 1) -> Logistic:
    """Return the problem with scaled columns; the ridge is scaled along, so that the least loss is the same.

    Scales are the first of those drawn, one for each seed that shares the problem.
    """
    x, y = data(name)
    x = torch.from_numpy((x if name == "cancer" else unit_rows(x)) * y[:, None])
    uniform = torch.rand((seeds, x.shape[1]), generator=source, dtype=x.dtype)[0]
    scales = torch.exp(spread * (2 * uniform - 1))
    return Logistic((x * scales).to(device), (RIDGE * scales**2).to(device))


def _path(problem: Logistic, w, step, source, count: int, second: bool):
    """Return gaps of OASIS, or with the identity for its diagonal, after each step, (count, e)."""
    product = problem.product if second else None
    steps = optimizers.oasis(problem.gradient, product, w, step, source)
    return _gaps(problem, islice(steps, count))


def _gaps(problem, points):
    losses = problem.loss(torch.cat(points := list(points))).view(len(points), -1)
    return (losses - problem.least).clamp(min=TINY).cpu().numpy()


def _descent(problem: Logistic, w, rates):
    while True:
        w = w - rates * problem.gradient(w)
        yield w


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run every method on each set and scaling; return (name, spread, method, seed, iteration, gap)."""
    source = generator(seed)
    frames = []
    for name, title in {"cancer": NAMES["cancer"], settings.pictures: NAMES["digits"]}.items():
        for spread in SCALES:
            every = list(range(settings.seeds))
            # without a spread all seeds have one problem, and are rows of it
            for seeds in [[i] for i in every] if spread else [every]:
                problem = _problem(name, spread, source, device, len(seeds))
                paths = _paths(problem, settings.iterations, len(seeds), source)
                frames += [
                    pd.DataFrame({"iteration": np.arange(1, len(gaps) + 1), "gap": gaps[:, k % gaps.shape[1]]})
                    .assign(name=title, spread=spread, method=method, seed=i)
                    for k, i in enumerate(seeds)
                    for method, gaps in paths.items()
                ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _paths(problem: Logistic, count: int, seeds: int, source) -> dict[str, np.ndarray]:
    """Return {method: gaps by iteration and seed}; those without chance have one column."""
    start = problem.x.new_zeros(seeds, problem.x.shape[1])
    first = problem.x.new_full((seeds, 1), FIRST_STEPS[0])
    rates = problem.x.new_tensor(DESCENT_RATES)[:, None] / problem.smoothness
    descent = _descent(problem, start[:1].expand(len(rates), -1), rates)
    points = torch.stack(list(islice(descent, count)))
    best = int(np.nan_to_num(_gaps(problem, points[-1:])[0], nan=np.inf).argmin())
    return {
        "OASIS": _path(problem, start, first, source, count, True),
        "adaptive descent": _path(problem, start[:1], first[:1], source, count, False),
        "gradient descent": _gaps(problem, points[:, best : best + 1]),
    }


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
        first = float(problem.loss(w)[0] - problem.least)
        below = gaps <= 1e-6 * first
        needed = np.where(below.any(0), below.argmax(0) + 1, len(gaps))
        found.append(needed.max() / needed.min())
    return found
