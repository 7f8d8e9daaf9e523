"""The operator behind training on a residual: its condition number, with and without preconditioning (De Ryck et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import physics
from redrawn.studies.ensemble import generator

ROUNDING = 1e-16
"""What errors and eigenvalues below double precision count as."""


@dataclass(frozen=True)
class Settings:
    """Sizes. All of it is closed form or an eigenvalue problem of at most a few hundred unknowns."""

    modes: tuple[int, ...] = (2, 4, 8, 16, 32, 64)
    gammas: tuple[float, ...] = (30.0, 100.0, 300.0, 1000.0)
    gamma: float = 10.0
    speeds: tuple[float, ...] = (10.0, 20.0, 40.0, 80.0, 160.0)
    space: int = 4
    time: int = 2
    descent_modes: tuple[int, ...] = (4, 8, 16, 32)
    tolerance: float = 1e-6
    steps: int = 1000
    seeds: int = 5
    width: int = 16


SETTINGS = {name: Settings() for name in ("quick", "standard", "paper")}


def poisson(settings: Settings) -> pd.DataFrame:
    """Return κ by number of modes (modes, plain, preconditioned), plain at its best boundary weight."""
    rows = []
    for k in settings.modes:
        plain, _ = physics.best_condition_number(lambda w, k=k: physics.poisson_matrix(k, w))
        rows.append((k, plain, preconditioned_poisson(k, settings.gamma)))
    return pd.DataFrame(rows, columns=["modes", "plain", "preconditioned"])


def preconditioned_poisson(modes: int, gamma: float) -> float:
    """Return κ(P A P) at boundary weight 2π/γ²."""
    scales = physics.poisson_scales(modes, gamma)
    matrix = physics.poisson_matrix(modes, 2 * np.pi / gamma**2)
    return physics.condition_number(scales[:, None] * matrix * scales)


def gamma_sweep(settings: Settings) -> pd.DataFrame:
    """Return κ - 1 by γ, with as many modes as the sweep over modes ends with."""
    excess = [preconditioned_poisson(settings.modes[-1], g) - 1 for g in settings.gammas]
    return pd.DataFrame({"gamma": settings.gammas, "excess": excess})


def advection(settings: Settings) -> pd.DataFrame:
    """Return κ by speed (speed, plain, preconditioned), both at their best weight on the initial values."""
    rows = []
    for speed in settings.speeds:
        scales = physics.advection_scales(speed, settings.space, settings.time)
        both = scales[:, :, None] * scales[:, None]

        def blocks(w, speed=speed):
            return physics.advection_blocks(speed, settings.space, settings.time, w)

        plain, _ = physics.best_condition_number(blocks)
        better, _ = physics.best_condition_number(lambda w, b=both, f=blocks: b * f(w))
        rows.append((speed, plain, better))
    return pd.DataFrame(rows, columns=["speed", "plain", "preconditioned"])


def start_errors(settings: Settings, modes: int, seed: int) -> np.ndarray:
    """Draw coefficients of u_0 - u, normal over 1 + k², one row a seed."""
    source = np.random.default_rng(1000 * seed + 1)
    k = np.arange(1, modes + 1)
    decay = 1 / (1 + np.concatenate([[0], k, k]) ** 2.0)
    return source.standard_normal((settings.seeds, 2 * modes + 1)) * decay


def plain_descent(modes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return A and the diagonal of P of descent on Poisson's equation at its best boundary weight."""
    _, best = physics.best_condition_number(lambda w: physics.poisson_matrix(modes, w))
    return physics.poisson_matrix(modes, best), np.ones(2 * modes + 1)


def preconditioned_descent(settings: Settings, modes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return A and the diagonal of P of preconditioned descent on Poisson's equation."""
    matrix = physics.poisson_matrix(modes, 2 * np.pi / settings.gamma**2)
    return matrix, physics.poisson_scales(modes, settings.gamma)


def iterations(settings: Settings, seed: int) -> pd.DataFrame:
    """Return how many steps plain descent needs (modes, seed, condition, iterations)."""
    rows = []
    for modes in settings.descent_modes:
        matrix, scales = plain_descent(modes)
        kappa = physics.condition_number(matrix)
        for i, error in enumerate(start_errors(settings, modes, seed)):
            count = physics.iterations_to(settings.tolerance, matrix, error, scales)
            rows.append((modes, i, kappa, count))
    return pd.DataFrame(rows, columns=["modes", "seed", "condition", "iterations"])


def training(settings: Settings, seed: int) -> pd.DataFrame:
    """Return error curves (name, seed, step, error) with the largest number of modes of `descent_modes`."""
    modes = settings.descent_modes[-1]
    steps = np.unique(np.geomspace(1, settings.steps, 60).round())
    cases = {
        "plain": plain_descent(modes),
        "preconditioned": preconditioned_descent(settings, modes),
    }
    rows = []
    for name, (matrix, scales) in cases.items():
        for i, error in enumerate(start_errors(settings, modes, seed)):
            curve = np.maximum(physics.descent_errors(matrix, error, steps, scales), ROUNDING)
            rows += [(name, i, k, e) for k, e in zip(steps, curve, strict=True)]
    return pd.DataFrame(rows, columns=["name", "seed", "step", "error"])


def spectra(settings: Settings, seed: int) -> pd.DataFrame:
    """Return eigenvalues over the largest (name, seed, rank, share): tanh networks, and preconditioned features."""
    source = generator(seed)
    rows = []
    widths = [1, settings.width, settings.width, 1]
    for i in range(settings.seeds):
        matrix = physics.network_matrix(
            physics.glorot(widths, source),
            lambda theta, x: physics.tanh_values(theta, x[:, None, None])[:, 0, 0],
        )
        rows += [("tanh network", i, r, v) for r, v in enumerate(shares(matrix))]
        features, scales = preconditioned_descent(settings, len(matrix) // 2)
        found = shares(scales[:, None] * features * scales)
        rows += [("preconditioned features", i, r, v) for r, v in enumerate(found)]
    return pd.DataFrame(rows, columns=["name", "seed", "rank", "share"])


def shares(matrix: np.ndarray) -> np.ndarray:
    """Return eigenvalues over the largest, in falling order."""
    values = np.linalg.eigvalsh(matrix)[::-1]
    return np.maximum(values / values[0], ROUNDING)
