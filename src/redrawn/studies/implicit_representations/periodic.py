"""Extrapolation of periodic functions: ReLU, tanh, sine and Snake beyond their training range."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from scipy import signal

from redrawn.data import temperature
from redrawn.methods import implicit, periodic
from redrawn.methods.implicit.siren import uniform
from redrawn.studies.ensemble import generator, leaves, train

NETS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sine": torch.sin,
    "snake": periodic.snake,
}


@dataclass(frozen=True)
class Settings:
    """Sizes. For the yearly series Snake's a is set to the known period, within the paper's 5 to 50."""

    width: int
    points: int
    steps: int
    years: int
    series_steps: int
    seeds: int = 5
    learning_rate: float = 1e-3
    periods: int = 2
    forecast_years: int = 5


SETTINGS = {
    "quick": Settings(128, 64, 400, 10, 250),
    "standard": Settings(128, 512, 1000, 25, 1000),
    "paper": Settings(512, 512, 5000, 30, 5000, seeds=21),
}


def fit(x, y, activation, settings: Settings, steps: int, seed: int, device: str):
    """Fit y(x) by nets of two hidden layers; return the field, from (n, 1) to (seeds, n, 1)."""
    widths = [1, settings.width, settings.width, 1]
    source = generator(seed)
    # the paper names no initialisation: a linear layer's usual U(±1/√n), the same for every activation
    layers = [
        tuple(uniform((settings.seeds, r, m), n**-0.5, source, device) for r in (n, 1))
        for n, m in pairwise(widths)
    ]
    x = torch.tensor(x, dtype=torch.float32, device=device)[:, None]
    every = x.expand(settings.seeds, -1, -1).contiguous()
    wanted = torch.tensor(y, dtype=torch.float32, device=device)[:, None]

    def loss():
        return (implicit.mlp(layers, every, activation) - wanted).square().mean((1, 2))

    train(leaves(layers), loss, steps, settings.learning_rate)

    def field(at: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            points = torch.tensor(at, dtype=torch.float64, device=device)[:, None]
            doubles = [(w.double(), b.double()) for w, b in layers]
            found = implicit.mlp(doubles, points.expand(settings.seeds, -1, -1), activation)
        return found[..., 0].cpu().numpy()

    return field


def extrapolate_sine(settings: Settings, seed: int, device: str):
    """Learn sin on ±2 periods, look at it to ±4.

    Returns:
        Curves (net, seed, x, y), errors (net, seed, inside, outside: mean squared errors), and far values
        (net, seed, curvature, change): the second difference of f beyond the last kink, and |f(2z) - f(z)|
        far out, both relative to the largest value there.
    """
    edge = 2 * np.pi * settings.periods
    x = np.linspace(-edge, edge, settings.points)
    wide = np.linspace(-2 * edge, 2 * edge, 4 * settings.points // 2)
    far = 1e4 * np.array([1.0, 2.0, 3.0])
    curves, errors, limits = [], [], []
    for net, activation in NETS.items():
        field = fit(x, np.sin(x), activation, settings, settings.steps, seed, device)
        found, beyond = field(wide), field(far)
        outside = np.abs(wide) > edge
        square = (found - np.sin(wide)) ** 2
        for i in range(settings.seeds):
            curves.append(pd.DataFrame({"net": net, "seed": i, "x": wide, "y": found[i]}))
            errors.append((net, i, square[i, ~outside].mean(), square[i, outside].mean()))
            size = np.abs(beyond[i]).max()
            bend = abs(beyond[i, 0] - 2 * beyond[i, 1] + beyond[i, 2]) / size
            limits.append((net, i, bend, abs(beyond[i, 1] - beyond[i, 0]) / size))
    return (
        pd.concat(curves, ignore_index=True),
        pd.DataFrame(errors, columns=["net", "seed", "inside", "outside"]),
        pd.DataFrame(limits, columns=["net", "seed", "curvature", "change"]),
    )


def saw_tooth_error(terms: int = 20, reach: float = 1000.0) -> float:
    """Return the largest error of a triangle wave's Fourier sum, built from Snake neurons, up to `reach`."""
    x = torch.linspace(-reach, reach, 20_001, dtype=torch.float64)
    odd = range(1, 2 * terms, 2)
    sums = sum(periodic.cosine_from_snakes(x, k) / k**2 for k in odd) * 8 / np.pi**2
    exact = sum(np.cos(k * x.numpy()) / k**2 for k in odd) * 8 / np.pi**2
    assert (
        np.abs(exact - signal.sawtooth(x.numpy(), 0.5) * -1).max() < 0.05
    )  # it is the triangle wave
    return float(np.abs(sums.numpy() - exact).max())


def forecast_temperature(settings: Settings, seed: int, device: str):
    """Fit years of monthly temperature and forecast the years after.

    Time is scaled so that the training years are [-1, 1], temperature to zero mean and unit variance.
    Returns the series (net, seed, year, temperature; net `observed` for the data) and errors (net, seed, rmse
    in °C over the forecast), with `last year again` as the simplest forecast.
    """
    years, values = temperature.sea_surface()
    months = 12 * settings.years
    held = slice(months, months + 12 * settings.forecast_years)
    middle, half = years[:months].mean(), (years[months - 1] - years[0]) / 2
    mean, spread = values[:months].mean(), values[:months].std()
    x = (years - middle) / half
    # sin²(ax) repeats after π/a, and a year is 2/years long in scaled time
    nets = {**NETS, "snake": partial(periodic.snake, a=np.pi * settings.years / 2)}
    del nets["sine"]
    rows, errors = [], []
    whole = slice(0, held.stop)
    for net, activation in nets.items():
        y = (values[:months] - mean) / spread
        field = fit(x[:months], y, activation, settings, settings.series_steps, seed, device)
        found = field(x[whole]) * spread + mean
        for i, line in enumerate(found):
            rows.append(
                pd.DataFrame({"net": net, "seed": i, "year": years[whole], "temperature": line})
            )
            errors.append((net, i, np.sqrt(np.mean((line[held] - values[held]) ** 2))))
    again = np.tile(values[months - 12 : months], settings.forecast_years)
    errors.append(("last year again", 0, np.sqrt(np.mean((again - values[held]) ** 2))))
    observed = {"net": "observed", "seed": 0, "year": years[whole], "temperature": values[whole]}
    rows.append(pd.DataFrame(observed))
    return pd.concat(rows, ignore_index=True), pd.DataFrame(errors, columns=["net", "seed", "rmse"])
