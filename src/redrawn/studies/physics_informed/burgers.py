"""Burgers' equation by a network of place and time (Raissi et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.stats import qmc

from redrawn.methods import physics
from redrawn.studies.ensemble import generator

X, T = np.linspace(-1, 1, 256), np.arange(100) / 100
"""The reference grid, on whose lines t = 0 and x = ±1 the data are drawn."""

VISCOSITY = 0.01 / np.pi
CHUNK = 2000
"""Points whose activations stay in the cache."""


@dataclass(frozen=True)
class Burgers:
    """One size of the problem; 100 data points in each. So many seeds as are `compared` are fitted with few points too."""

    hidden: int
    collocation: int
    iterations: int
    seeds: int
    compared: int = 0
    viscosity: float = VISCOSITY
    width: int = 20
    data: int = 100


PAPER = {
    "standard": Burgers(8, 10_000, 2_500, 1),
    "paper": Burgers(8, 10_000, 50_000, 10),
}
"""The problem of the headline figure: the paper's own. `quick` has none, and shows the reduced one's first seed."""
REDUCED = {
    "quick": Burgers(3, 600, 350, 6, viscosity=5 * VISCOSITY),
    "standard": Burgers(4, 2000, 800, 6, 6, viscosity=5 * VISCOSITY),
    "paper": Burgers(4, 10_000, 10_000, 10, 10),
}
FEW = 50
"""Collocation points of the comparison with few."""


def initial_and_boundary() -> np.ndarray:
    """Return the 456 points (x, t, u) on t = 0 and x = ±1."""
    initial = np.stack([X, 0 * X, -np.sin(np.pi * X)], 1)
    ends = [np.stack([np.full_like(T, end), T, 0 * T], 1) for end in (-1, 1)]
    return np.concatenate([initial, *ends])


def burgers(settings: Burgers, seed: int, collocation: int, device: str):
    """Fit Burgers' equation once; return u on the grid (100, 256), and the data points (x, t, u)."""
    draw = np.random.default_rng(seed)
    known = initial_and_boundary()
    data = known[draw.choice(len(known), settings.data, replace=False)]
    latin = qmc.LatinHypercube(2, rng=draw).random(collocation)
    points = np.concatenate([qmc.scale(latin, [-1, 0], [1, 1]), known[:, :2]])
    single = torch.float32  # the paper's precision

    def jet(at):
        at = torch.as_tensor(at, dtype=single, device=device)
        return physics.coordinates(at, [-1.0, 0.0], [1.0, 1.0])

    chunks = [jet(part) for part in np.array_split(points, -(-len(points) // CHUNK))]
    at, wanted = jet(data[:, :2])[:, 0], torch.as_tensor(data[:, 2], dtype=single, device=device)
    widths = [2, *[settings.width] * settings.hidden, 1]
    u = physics.glorot(widths, generator(seed), device, single)

    def loss():
        yield (physics.tanh_values(u, at)[0] - wanted).square().mean()
        for chunk in chunks:
            residual = physics.burgers_residual(physics.tanh_jet(u, chunk), settings.viscosity)
            yield residual.square().sum() / len(points)

    physics.lbfgs(u, loss, settings.iterations)
    grid = np.stack([np.tile(X, len(T)), np.repeat(T, len(X))], 1)
    with torch.no_grad():
        found = physics.tanh_values(u, jet(grid)[:, 0]).view(len(T), len(X))
    return found.double().cpu().numpy(), data


def relative_error(found: np.ndarray, truth: np.ndarray) -> float:
    """Return ‖found - truth‖₂ / ‖truth‖₂."""
    return float(np.linalg.norm(found - truth) / np.linalg.norm(truth))


def solve(settings: Burgers, seed: int, device: str):
    """Fit each seed; return frames (seed, error, log_error), (x, t, exact, network) of the first seed, and its data."""
    truth = physics.cole_hopf(X, T, settings.viscosity)
    fits = [
        burgers(settings, 1000 * seed + i, settings.collocation, device)
        for i in range(settings.seeds)
    ]
    errors = [relative_error(found, truth) for found, _ in fits]
    scores = pd.DataFrame(
        {"seed": range(settings.seeds), "error": errors, "log_error": np.log10(errors)}
    )
    time, place = np.meshgrid(T, X, indexing="ij")
    columns = {"x": place, "t": time, "exact": truth, "network": fits[0][0]}
    field = pd.DataFrame({name: part.ravel() for name, part in columns.items()})
    return scores, field, pd.DataFrame(fits[0][1], columns=["x", "t", "u"])


def headline(profile: str, reduced, seed: int, device: str):
    """Return what `solve` does, for the paper's problem; for the reduced one, solved already, where there is none."""
    return solve(PAPER[profile], seed, device) if profile in PAPER else reduced


def start_of(field: pd.DataFrame, data: pd.DataFrame) -> tuple[float, float]:
    """Return the error at t = 0 over the norm there, and the widest gap between neighbouring data points on that line."""
    rows = field[field.t == 0]
    places = np.sort(data[(data.t == 0)].x)
    gaps = np.diff(np.concatenate([[-1], places, [1]]))
    return relative_error(rows.network.to_numpy(), rows.exact.to_numpy()), float(gaps.max())


def few(settings: Burgers, seed: int, device: str) -> list[float]:
    """Return log₁₀ errors with few collocation points, one a seed; the same data and starts."""
    truth = physics.cole_hopf(X, T, settings.viscosity)
    found = (burgers(settings, 1000 * seed + i, FEW, device)[0] for i in range(settings.compared))
    return [float(np.log10(relative_error(u, truth))) for u in found]


def reference_error(viscosity: float = VISCOSITY) -> float:
    """Return how far Cole's and Hopf's integral is from itself with twice the nodes, the largest on the grid."""
    pair = (physics.cole_hopf(X, T, viscosity, nodes) for nodes in (100, 200))
    first, second = pair
    return float(np.abs(first - second).max())
