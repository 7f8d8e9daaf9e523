"""Convection at growing speed, by ordinary networks and by networks along characteristics (Mojgani et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import physics
from redrawn.studies.ensemble import generator

FRAMES = ("Eulerian", "Lagrangian")
VISCOSITY = 0.01
LABELS = 256


@dataclass(frozen=True)
class Settings:
    """Sizes; viscosity, weights of the terms, starting values and the range of speeds are the paper's."""

    speeds: tuple[float, ...]
    points: int
    widths: tuple[int, ...]
    iterations: int
    burgers_speed: float = 50.0
    weights: tuple[float, float, float] = (10.0, 1.0, 1000.0)
    seeds: int = 6
    burgers_seeds: int = 6


SETTINGS = {
    "quick": Settings((0.0, 10.0, 50.0), 20, (16, 16), 70, seeds=4, burgers_seeds=2),
    "standard": Settings((0.0, 10.0, 30.0, 50.0), 32, (20, 20), 600, seeds=4, burgers_seeds=4),
    "paper": Settings(
        (0.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0), 256, (50,) * 5, 20_000
    ),
}


def grid(points: int, device: str):
    """Return x and t of a grid over [0, 2π) × [0, 1] as tensors, flat, t slow."""
    x = torch.arange(points, dtype=torch.float64, device=device) * 2 * torch.pi / points
    t = torch.linspace(0, 1, points, dtype=torch.float64, device=device)
    t, x = torch.meshgrid(t, x, indexing="ij")
    return x.flatten(), t.flatten()


def solve(settings: Settings, frame: str, speed: float, burgers: bool, source, device: str):
    """Train one network by L-BFGS; return its u on 100 times and 256 places, (100, 256).

    With Burgers' equation the start is sin x + speed, else sin x, which is carried with the speed.
    """
    points = settings.points
    x, t = grid(points, device)
    inside = physics.circle_jet(x, t)
    start = torch.sin(x[:points]) + (speed if burgers else 0.0)
    velocity = None if burgers else speed
    widths = [3, *settings.widths, 1]
    carry, move, initial = settings.weights
    u = physics.glorot(widths, source, device)
    displacement = physics.glorot(widths, source, device) if frame == "Lagrangian" else []

    def loss():
        field = physics.tanh_jet(u, inside)
        # t is slow: the first points are those at t = 0
        begin = (field[0, 0, :points] - start).square().mean()
        if frame == "Eulerian":
            residual = physics.eulerian_residual(field, VISCOSITY, velocity)
            yield move * residual.square().mean() + initial * begin
            return
        shift = physics.tanh_jet(displacement, inside)
        carried, diffused = physics.lagrangian_residuals(shift, field, VISCOSITY, velocity)
        begin = begin + shift[0, 0, :points].square().mean()
        yield (carry * carried.square().mean() + move * diffused.square().mean() + initial * begin)

    physics.lbfgs([*u, *displacement], loss, settings.iterations)
    place, time = axes()
    labels = torch.as_tensor(np.tile(place, len(time)), device=device)
    times = torch.as_tensor(np.repeat(time, len(place)), device=device)
    at = physics.circle_jet(labels, times)[:, 0]
    with torch.no_grad():
        values = physics.tanh_values(u, at).view(len(time), -1).cpu().numpy()
        if frame == "Eulerian":
            return values
        shift = physics.tanh_values(displacement, at).view(len(time), -1).cpu().numpy()
    return physics.to_grid(place + shift, values, place)


def axes() -> tuple[np.ndarray, np.ndarray]:
    """Return the places and times at which solutions are compared."""
    return np.arange(LABELS) * 2 * np.pi / LABELS, np.linspace(0, 1, 100)


def exact(speed: float, burgers: bool) -> np.ndarray:
    """Return the exact u, (100, 256); for Burgers' equation the travelling frame of Cole's and Hopf's solution."""
    place, time = axes()
    if not burgers:
        return physics.travelled(np.sin(place), time, speed, VISCOSITY)
    # x = π(y + 1) and t = πτ turn the circle into [-1, 1], where the start is -sin πy
    carried = np.mod(place - speed * time[:, None], 2 * np.pi) / np.pi - 1
    return speed + physics.cole_hopf(carried, time / np.pi, VISCOSITY / np.pi)


def compare(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return relative L2 errors (equation, frame, speed, seed, error, log_error), of u less the speed for Burgers."""
    rows = []
    cases = [("convection", s) for s in settings.speeds] + [("Burgers", settings.burgers_speed)]
    for equation, speed in cases:
        burgers = equation == "Burgers"
        truth = exact(speed, burgers)
        mean = speed if burgers else 0.0
        for frame in FRAMES:
            source = generator(seed)
            for i in range(settings.burgers_seeds if burgers else settings.seeds):
                found = solve(settings, frame, speed, burgers, source, device)
                error = np.linalg.norm(found - truth) / np.linalg.norm(truth - mean)
                rows.append((equation, frame, speed, i, error, np.log10(error)))
    columns = ["equation", "frame", "speed", "seed", "error", "log_error"]
    return pd.DataFrame(rows, columns=columns)


def errors(frame: pd.DataFrame, equation: str, name: str, speed: float, column="error"):
    """Return one network's errors, one a seed."""
    chosen = frame[(frame.equation == equation) & (frame.frame == name) & (frame.speed == speed)]
    return chosen.sort_values("seed")[column].to_numpy()


def growth(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the Eulerian network's log₁₀ errors of convection at speeds 50, 10 and 0, by name."""
    speeds = (50, 10, 0)
    return {f"speed {s}": errors(frame, "convection", "Eulerian", s, "log_error") for s in speeds}


def snapshots(speed: float = 50.0) -> pd.DataFrame:
    """Return singular values over the first, by start and frame (start, frame, modes, index, share)."""
    place, time = axes()
    starts = {"bell": 0.8 + 0.5 * np.exp(-(((place - np.pi) / 0.1) ** 2)), "sine": np.sin(place)}
    rows = []
    for name, start in starts.items():
        for frame, velocity in zip(FRAMES, (speed, 0.0), strict=True):
            matrix = physics.travelled(start, time, velocity, VISCOSITY)
            values = np.linalg.svd(matrix, compute_uv=False)
            count = physics.modes_needed(matrix)
            rows += [(name, frame, count, i + 1, v) for i, v in enumerate(values / values[0])]
    return pd.DataFrame(rows, columns=["start", "frame", "modes", "index", "share"])


def modes(frame: pd.DataFrame, start: str, name: str) -> int:
    """Return how many modes one start's snapshots need in one frame."""
    return frame[(frame.start == start) & (frame.frame == name)].modes.iloc[0]
