"""AdEMAMix and Adam on Rosenbrock's function (Pagliardini, Ablin and Grangier, 2024)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates

START, NEAR = (-3.0, 5.0), 0.01
RATES = (0.1, 0.3, 1.0, 3.0, 10.0)
SECOND = 0.999  # β₂
ALPHA = 9.0

# every method's β, by optimizer
BETAS = {
    torch.optim.Adam: {f"Adam, β₁ = {b:g}": (b, SECOND) for b in (0.9, 0.99, 0.999, 0.9999)},
    optimizers.AdEMAMix: {f"AdEMAMix, β₃ = {b:g}": (0.9, SECOND, b) for b in (0.999, 0.9999)},
}
METHODS = [method for betas in BETAS.values() for method in betas]


@dataclass(frozen=True)
class Settings:
    """How long to run."""

    steps: int


SETTINGS = {"quick": Settings(1500), "standard": Settings(5000)}
SETTINGS["paper"] = SETTINGS["standard"]  # its figure's


def slope(x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of (1 − x₁)² + 100 (x₂ − x₁²)² at points (..., 2)."""
    first, second = x.unbind(-1)
    beyond = 200 * (second - first**2)
    return torch.stack([2 * (first - 1) - 2 * first * beyond, beyond], -1)


def descend(settings: Settings, device: str) -> pd.DataFrame:
    """Run every method at every rate; return (method, rate, step, distance, nearest), `nearest` the least distance so far."""
    rates = torch.tensor(RATES, dtype=torch.float64, device=device)
    x = torch.tensor(START, dtype=torch.float64, device=device).repeat(len(METHODS), len(rates), 1)
    rows, runs = dict(zip(METHODS, x, strict=True)), []
    for optimizer, betas in BETAS.items():
        made = lambda p, o=optimizer, b=betas: _grouped(p, o, b.values())  # noqa: E731
        runs.append(OwnRates([rows[method] for method in betas], made, rates))
    path = [x.clone()]
    for _ in range(settings.steps):
        gradients = dict(zip(METHODS, slope(x), strict=True))
        for run, betas in zip(runs, BETAS.values(), strict=True):
            run.step([gradients[method] for method in betas])
        path.append(x.clone())
    distances = (torch.stack(path) - 1).norm(dim=-1).cpu().numpy()
    index = pd.MultiIndex.from_product([METHODS, RATES, range(len(path))], names=["method", "rate", "step"])  # fmt: skip
    by_run = np.moveaxis(distances, 0, -1)
    columns = {"distance": by_run.ravel(), "nearest": np.minimum.accumulate(by_run, -1).ravel()}
    return pd.DataFrame(columns, index=index).reset_index()


def _grouped(parameters, optimizer, betas) -> torch.optim.Optimizer:
    """Return one optimizer whose parameters have each their own β."""
    groups = [{"params": [p], "betas": b} for p, b in zip(parameters, betas, strict=True)]
    options = {"alpha": ALPHA} if optimizer is optimizers.AdEMAMix else {}
    return optimizer(groups, 1.0, **options)


def arrivals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return (method, rate, steps): steps until first within NEAR of the minimum, all of them where it never is."""
    near = frame[frame.distance <= NEAR].groupby(["method", "rate"], sort=False).step.min()
    every = pd.MultiIndex.from_product([METHODS, RATES], names=["method", "rate"])
    return near.reindex(every, fill_value=frame.step.max()).rename("steps").reset_index()


def fastest(found: pd.DataFrame, series: dict[str, str]) -> dict[str, int]:
    """Return {name: least steps over rates and all methods whose name matches the pattern}."""
    return {n: int(found[found.method.str.contains(p)].steps.min()) for n, p in series.items()}


def at_best_rate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each method at the rate that is first near the minimum."""
    found = arrivals(frame)
    best = found.loc[found.groupby("method", sort=False).steps.idxmin()].set_index("method").rate
    return frame[frame.rate == frame.method.map(best)]
