"""Adam in wide networks under several parametrisations (Yang and Littwin, 2023).

Perceptrons with ReLU, ten Gaussian inputs and random scalar targets, as in the paper's Sec. 5.1; networks of a width
are runs side by side, and those of one seed at all widths learn the same problem. Outputs are those above the initial ones.
"""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods.parametrisation import PARAMETRISATIONS, WideMLP
from redrawn.studies import tidy
from redrawn.studies.ensemble import generator

INPUTS, SAMPLES = 10, 100
EPSILON = 1e-4


@dataclass(frozen=True)
class Settings:
    """Widths and sizes; a seed is a problem and some networks of each width."""

    widths: tuple[int, ...]
    seeds: int
    steps: int
    rate: float = 0.02


WIDE = (64, 128, 256, 512, 1024, 2048)
SETTINGS = {
    "quick": Settings((64, 192, 512), 8, 5),
    "standard": Settings(WIDE, 6, 10),
    "paper": Settings(WIDE, 10, 10),
}


def problems(count: int, source: torch.Generator, device: str):
    """Draw inputs (count, SAMPLES, INPUTS) and targets (count, SAMPLES, 1)."""
    x = torch.randn((count, SAMPLES, INPUTS), generator=source)
    return x.to(device), torch.randn((count, SAMPLES, 1), generator=source).to(device)


def exponents(parametrisation: str, hidden: int):
    """Return the exponents of each layer of a network with so many hidden layers."""
    first, middle, last = PARAMETRISATIONS[parametrisation]
    return [first, *[middle] * (hidden - 1), last]


def descend(net: WideMLP, x, y, rate: float, steps: int):
    """Train on squared loss by Adam, all inputs at each step; yield outputs above initial ones, (e, m), after each step."""
    found = net(x)
    start = found.detach()
    adam = net.adam(rate, eps=EPSILON)
    for _ in range(steps):
        adam.zero_grad(set_to_none=True)
        (found - start - y).square().mean((1, 2)).sum().backward()
        adam.step()
        found = net(x)
        yield (found - start).detach()[..., 0]


def scaling(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train each width under each parametrisation; return (parametrisation, width, seed, features, outputs).

    These are root mean squares of the change of the last features and of outputs; over one step under the standard
    parametrisation, which saturates later, and over all of them under the others. They are means over runs, which are
    more where networks are narrower and vary more.
    """
    rows = []
    for name in PARAMETRISATIONS:
        for width in settings.widths:
            source = generator(seed)
            runs = max(settings.widths) // width
            drawn = problems(settings.seeds, source, device)
            x, y = (each.repeat_interleave(runs, 0) for each in drawn)
            net = WideMLP(exponents(name, 2), width, INPUTS, 1, len(x), source, device)
            with torch.no_grad():
                before = net.features(x)
            steps = 1 if name.startswith("standard") else settings.steps
            *_, moved = descend(net, x, y, settings.rate, steps)
            with torch.no_grad():
                features = (net.features(x) - before).square().mean((1, 2)).sqrt()
            both = torch.stack([features, moved.square().mean(1).sqrt()], 1)
            means = both.unflatten(0, (settings.seeds, runs)).mean(1).tolist()
            rows += [(name, width, i, *line) for i, line in enumerate(means)]
    return pd.DataFrame(rows, columns=["parametrisation", "width", "seed", "features", "outputs"])


def series(frame: pd.DataFrame, parametrisation: str, column: str) -> dict[str, list]:
    """Return {"x": widths, "y": values, one list a seed}."""
    return tidy.series(frame[frame.parametrisation == parametrisation], "width", column)


def slopes(frame: pd.DataFrame, parametrisation: str, column: str) -> list[float]:
    """Return the exponent of a column in the width, one a seed."""
    return tidy.exponents(series(frame, parametrisation, column)).tolist()


def invariance(settings: Settings, seed: int, device: str, theta: float = 0.37) -> list[float]:
    """Return the largest difference of outputs between a parametrisation and one moved by θ, over outputs, by seed."""
    worst = torch.zeros(settings.seeds, dtype=torch.float64, device=device)
    width = settings.widths[0]
    for name in PARAMETRISATIONS:
        ends = []
        for shift in (0.0, theta):
            layers = [e.shifted(shift) for e in exponents(name, 2)]
            source = generator(seed)
            x, y = (each.double() for each in problems(settings.seeds, source, device))
            net = WideMLP(layers, width, INPUTS, 1, settings.seeds, source, device, torch.float64)
            *_, moved = descend(net, x, y, settings.rate, settings.steps)
            ends.append(moved)
        size = ends[0].abs().amax(1)
        worst = torch.maximum(worst, (ends[0] - ends[1]).abs().amax(1) / size)
    return worst.tolist()
