"""OASIS against gradient descent where features are badly scaled (Jahani et al., 2021)."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.logistic_problem import Logistic, data, unit_rows
from redrawn.studies.adaptive_optimizers.rescaled import Rescaled
from redrawn.studies.ensemble import generator

RIDGE = 0.01
SCALES = (0.0, 4.0)  # columns are multiplied by exp(u), u uniform in ± this
FIRST_STEPS = tuple(10.0**k for k in range(-6, 1))
PROBES = 100  # that the first diagonal is a mean of
DESCENT_RATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # in units of 1/L
TINY = 1e-16  # a gap that is lost to rounding counts as this
NAMES = {"cancer": "breast cancer", "digits": "digits"}


@dataclass(frozen=True)
class Settings:
    """Sizes; `pictures` is the set of digits, `every` the iterations from one look at the gaps to the next."""

    iterations: int
    seeds: int
    pictures: str = "digits"
    every: int = 1


SETTINGS = {
    "quick": Settings(300, 8, every=5),
    "standard": Settings(500, 8),
    # we could not read the paper's sizes: this is the largest set of digits that there is
    "paper": Settings(1000, 8, "mnist"),
}


def _problem(name: str, device: str) -> Logistic:
    x, y = data(name)
    x = torch.from_numpy((x if name == "cancer" else unit_rows(x)) * y[:, None]).to(device)
    return Logistic(x, x.new_full((x.shape[1],), RIDGE))


def _draw(spread: float, scalings: int, rows: int, columns: int, count: int, source):
    """Return scales (scalings, columns), and the signs of OASIS with so many rows of weights, (·, rows, columns)."""
    uniform = torch.rand((scalings, columns), generator=source, dtype=torch.float64)
    signs = 2 * torch.randint(2, (PROBES + count - 1, rows, columns), generator=source) - 1
    return torch.exp(spread * (2 * uniform - 1)), signs


def _gaps(problem: Rescaled, points) -> np.ndarray:
    """Return gaps of points (e, d), one after the other, (count, e)."""
    losses = torch.stack([problem.loss(w) for w in points])
    return (losses - problem.problem.least).clamp(min=TINY).cpu().numpy()


def _descent(problem: Rescaled, w, rates):
    while True:
        w = w - rates * problem.gradient(w)
        yield w


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run every method on each set and scaling; return (name, spread, method, seed, iteration, gap)."""
    source = generator(seed)
    count, seeds = settings.iterations, settings.seeds
    frames = []
    for name, title in {"cancer": NAMES["cancer"], settings.pictures: NAMES["digits"]}.items():
        problem = _problem(name, device)
        columns = problem.x.shape[1]
        for spread in SCALES:
            groups = [1] * seeds if spread else [seeds]
            scales, signs = zip(*[_draw(spread, g, g, columns, count, source) for g in groups], strict=True)  # fmt: skip
            scaled = Rescaled(problem, torch.cat(scales).to(device))
            paths = _paths(scaled, settings, torch.cat(signs, 1))
            frames += [
                pd.DataFrame({"iteration": np.arange(settings.every, count + 1, settings.every), "gap": gaps[:, i]})
                .assign(name=title, spread=spread, method=method, seed=i)
                for i in range(seeds)
                for method, gaps in paths.items()
            ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _paths(problem: Rescaled, settings: Settings, signs) -> dict[str, np.ndarray]:
    """Return {method: gaps by look and problem}."""

    def seen(points):
        return islice(points, settings.every - 1, settings.iterations, settings.every)

    start = torch.zeros_like(problem.scales)
    first = torch.full_like(start[:, :1], FIRST_STEPS[0])
    options = {"OASIS": (problem.product, iter(signs)), "adaptive descent": (None, iter(()))}
    found = {}
    for method, (product, probes) in options.items():
        steps = optimizers.oasis(problem.gradient, product, start, first, probes, probes=PROBES)
        found[method] = _gaps(problem, seen(steps))
    every = Rescaled(problem.problem, problem.scales.repeat(len(DESCENT_RATES), 1))
    rates = start.new_tensor(DESCENT_RATES).repeat_interleave(len(start))[:, None]
    descent = _descent(every, torch.zeros_like(every.scales), rates / every.smoothness())
    points = torch.stack(list(seen(descent))).unflatten(1, (len(DESCENT_RATES), -1))
    last = np.stack([_gaps(problem, [w])[0] for w in points[-1]])
    best = np.nan_to_num(last, nan=np.inf).argmin(0)
    return found | {"gradient descent": _gaps(problem, points[:, best, np.arange(len(start))])}


def ends(frame: pd.DataFrame, name: str) -> dict[str, list[float]]:
    """Return log₁₀ of the gaps after all iterations on scaled columns: OASIS's and the lower of the others, by seed."""
    rows = frame[(frame.name == NAMES[name]) & (frame.spread == max(SCALES))]
    last = rows[rows.iteration == rows.iteration.max()].pivot(index="seed", columns="method", values="gap")  # fmt: skip
    others = last[["adaptive descent", "gradient descent"]].min(axis=1)
    return {"OASIS": np.log10(last["OASIS"]).tolist(), "best gradient descent": np.log10(others).tolist()}  # fmt: skip


def sensitivity(settings: Settings, seed: int, device: str) -> list[float]:
    """Return most over fewest iterations to a millionth of the first gap, over first steps, one a seed."""
    source = generator(seed + 1)
    problem = _problem("cancer", device)
    columns, tried = problem.x.shape[1], len(FIRST_STEPS)
    # seeds differ by their signs alone
    draws = [_draw(0.0, 1, tried, columns, settings.iterations, source) for _ in range(settings.seeds)]  # fmt: skip
    signs = torch.cat([each for _, each in draws], 1)
    w = problem.x.new_zeros(settings.seeds * tried, columns)
    steps = problem.x.new_tensor(FIRST_STEPS).repeat(settings.seeds)[:, None]
    points = optimizers.oasis(problem.gradient, problem.product, w, steps, iter(signs), probes=PROBES)  # fmt: skip
    losses = torch.stack([problem.loss(w) for w in islice(points, settings.iterations)])
    below = losses - problem.least <= 1e-6 * (problem.loss(w[:1]) - problem.least)
    needed = torch.where(below.any(0), below.int().argmax(0) + 1, len(below))
    needed = needed.view(settings.seeds, tried).double()
    return (needed.amax(1) / needed.amin(1)).tolist()
