"""Discrete time: one large implicit step of a network, for Burgers' and the Allen–Cahn equation (Raissi et al.)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import physics
from redrawn.studies.ensemble import generator
from redrawn.studies.physics_informed.burgers import VISCOSITY, X, relative_error

FROM, TO = 0.1, 0.9
REPORTED = {
    1: 0.38,
    2: 0.22,
    4: 5.4e-2,
    8: 5.8e-2,
    16: 1.1e-3,
    32: 7.0e-4,
    64: 7.8e-4,
    100: 1.2e-3,
    500: 8.2e-4,
}
"""The paper's errors for Burgers' equation by number of stages, at the same step."""


@dataclass(frozen=True)
class Settings:
    """Sizes; widths and data of the step for Burgers' equation are the paper's."""

    stages: tuple[int, ...]
    iterations: int
    cahn_stages: int = 32
    cahn_widths: tuple[int, ...] = (50, 50, 50, 50)
    cahn_iterations: int = 4000
    cahn_snapshot: int = 200
    cahn_seeds: int = 2
    snapshot: int = 250
    widths: tuple[int, ...] = (50, 50, 50)
    seeds: int = 3


SETTINGS = {
    "quick": Settings(
        (1, 32), 60, cahn_stages=8, cahn_widths=(20, 20), cahn_iterations=40, seeds=2
    ),
    "standard": Settings((1, 32, 100), 2000, cahn_iterations=4000, seeds=5),
    "paper": Settings((1, 2, 4, 8, 16, 32, 64, 100, 500), 50_000, 100, (200,) * 4, 50_000),
}


@dataclass(frozen=True)
class Step:
    """A problem: known values at the step's start, the truth at its end, the rate F of a jet, and what ends must do."""

    places: np.ndarray
    start: np.ndarray
    end: np.ndarray
    rate: Callable
    ends: Callable


def burgers_step() -> Step:
    """Return Burgers' equation, zero at both ends."""
    start, end = physics.cole_hopf(X, np.array([FROM, TO]), VISCOSITY)
    return Step(
        X, start, end,
        lambda u: VISCOSITY * u[:, 2] - u[:, 0] * u[:, 1],
        lambda u: u[:, 0].square().sum(),
    )  # fmt: skip


def allen_cahn_step() -> Step:
    """Return the Allen–Cahn equation, whose value and slope agree at both ends."""
    places = np.arange(512) / 256 - 1
    start, end = physics.allen_cahn(places**2 * np.cos(np.pi * places), np.array([FROM, TO]))
    return Step(
        places, start, end,
        lambda u: 1e-4 * u[:, 2] - 5 * u[:, 0] ** 3 + 5 * u[:, 0],
        lambda u: (u[:, :2, 0] - u[:, :2, 1]).square().sum(),
    )  # fmt: skip


def solve(step: Step, stages: int, widths, snapshot: int, iterations: int, seed: int, device: str):
    """Take the step once; return u at its end on the problem's grid."""
    a, b, _ = physics.gauss_legendre(stages)
    weights = torch.as_tensor(np.vstack([a, b]), device=device)
    chosen = np.random.default_rng(seed).choice(len(step.places), snapshot, replace=False)

    def jet(x):
        return physics.coordinates(torch.as_tensor(x, device=device)[:, None])

    known, ends = jet(step.places[chosen]), jet(np.array([-1.0, 1.0]))
    wanted = torch.as_tensor(step.start[chosen], device=device)
    u = physics.glorot([1, *widths, stages + 1], generator(seed), device)

    def loss():
        inside = physics.tanh_jet(u, known)
        rates = step.rate(inside[:-1])
        back = physics.led_back(inside[:, 0], rates, weights, TO - FROM)
        yield (back - wanted).square().sum() + step.ends(physics.tanh_jet(u, ends))

    physics.lbfgs(u, loss, iterations)
    with torch.no_grad():
        return physics.tanh_values(u, jet(step.places)[:, 0])[-1].cpu().numpy()


def stages_sweep(settings: Settings, seed: int, device: str):
    """Return errors of Burgers' equation by stages (stages, seed, error, log_error), and the first seed's profiles."""
    step = burgers_step()
    rows, profiles = [], []
    for q in settings.stages:
        for i in range(settings.seeds):
            found = solve(
                step,
                q,
                settings.widths,
                settings.snapshot,
                settings.iterations,
                1000 * seed + i,
                device,
            )
            rows.append((q, i, relative_error(found, step.end)))
            if i == 0:
                profiles.append(profile("Burgers", q, step, found))
    frame = pd.DataFrame(rows, columns=["stages", "seed", "error"])
    return frame.assign(log_error=np.log10(frame.error)), pd.concat(profiles)


def allen_cahn(settings: Settings, seed: int, device: str):
    """Return errors of the Allen–Cahn equation (seed, error, log_error), and the first seed's profile."""
    step = allen_cahn_step()
    fits = [
        solve(step, settings.cahn_stages, settings.cahn_widths, settings.cahn_snapshot,
              settings.cahn_iterations, 1000 * seed + i, device)
        for i in range(settings.cahn_seeds)
    ]  # fmt: skip
    errors = [relative_error(found, step.end) for found in fits]
    frame = pd.DataFrame({"seed": range(len(errors)), "error": errors})
    shown = profile("Allen–Cahn", settings.cahn_stages, step, fits[0])
    return frame.assign(log_error=np.log10(frame.error)), shown


def profile(equation: str, stages: int, step: Step, found: np.ndarray) -> pd.DataFrame:
    """Return one solution as rows (equation, stages, x, start, exact, network)."""
    return pd.DataFrame({"equation": equation, "stages": stages, "x": step.places,
                         "start": step.start, "exact": step.end, "network": found})  # fmt: skip
