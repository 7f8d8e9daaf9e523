"""Surfaces that evolve: one space-time network held to the level-set equation, against exact solutions."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from scipy.integrate import solve_ivp

from redrawn.methods import implicit, surfaces
from redrawn.studies.ensemble import generator, leaves, train

RADIUS = 0.6
CENTRES = ((-0.5, 0.4), (0.2, -0.2))
SCALE = 0.3


@dataclass(frozen=True)
class Settings:
    """Sizes; the losses' weights, ω₀ and sampling shares are the paper's."""

    dimension: int
    width: int
    batch: int
    steps: int
    seeds: int = 4
    omega0: float = 16.0
    kappa: float = 0.05
    learning_rate: float = 1e-3
    flow_time: float = 0.4


SETTINGS = {
    "quick": Settings(2, 48, 400, 250, seeds=8),
    "standard": Settings(3, 64, 1000, 1000),
    "paper": Settings(3, 128, 40_000, 100_000, learning_rate=1e-4),
}


def sphere(x: torch.Tensor) -> torch.Tensor:
    """Return the signed distance to the sphere of radius `RADIUS`, shape (..., 1)."""
    return x.norm(dim=-1, keepdim=True) - RADIUS


def evolve(settings: Settings, residual, times, dimension: int, seed: int, device: str, weights):
    """Train f(x, t): f(x, 0) is the sphere's distance, and `residual` vanishes for `times`.

    `weights` are those of distance, normal and equation. Returns the field, from (n, d+1) to (seeds, n).
    """
    source = generator(seed)
    widths = [dimension + 1, settings.width, settings.width, 1]
    layers = implicit.init_siren(widths, settings.seeds, source, settings.omega0, device)
    field = partial(implicit.siren, layers, omega0=settings.omega0)
    half = settings.batch // 2
    start, end = times

    def loss():
        draw = torch.rand((settings.seeds, 2 * half, dimension + 1), generator=source).to(device)
        xt = 2 * draw - 1
        known = xt[:, :half].clone()
        # a quarter of the batch on the initial surface, a quarter anywhere at the initial time
        on = known[:, : half // 2, :-1]
        known[:, : half // 2, :-1] = RADIUS * on / on.norm(dim=-1, keepdim=True).clamp_min(1e-6)
        known[..., -1] = 0
        free = xt[:, half:].clone()
        free[..., -1] = start + (end - start) * draw[:, half:, -1]
        known.requires_grad_()
        free.requires_grad_()
        value = field(known)
        (slope,) = torch.autograd.grad(value.sum(), known, create_graph=True)
        outward = known[..., :-1] / known[..., :-1].norm(dim=-1, keepdim=True).clamp_min(1e-6)
        cosine = torch.cosine_similarity(slope[..., :-1], outward, dim=-1)
        distance = (value - sphere(known[..., :-1])).square().mean((1, 2))
        equation = residual(field, free).square().mean(1)
        a, b, c = weights
        return a * distance + b * (1 - cosine).mean(1) + c * equation

    train(leaves(layers), loss, settings.steps, settings.learning_rate)

    def evaluate(xt: np.ndarray) -> np.ndarray:
        points = torch.tensor(xt, dtype=torch.float32, device=device)
        with torch.no_grad():
            return field(points.expand(settings.seeds, -1, -1))[..., 0].cpu().numpy()

    return evaluate


def shrink(settings: Settings, seed: int, device: str):
    """Let a circle (2-D) or sphere (3-D) move by mean curvature.

    Exactly, radius² = RADIUS² - 2(d-1)κt. Returns a frame (seed, time, radius_squared, exact): the zero of f
    along rays, averaged over rays; and the field on a plane (time, seed 0) for pictures.
    """
    d = settings.dimension
    residual = partial(surfaces.mean_curvature_residual, kappa=settings.kappa)
    evaluate = evolve(settings, residual, (-0.2, 1.0), d, seed, device, (2000, 10, 1000))
    rays = np.random.default_rng(0).normal(size=(40, d))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    radii = np.linspace(0.2, 0.9, 141)
    rows = []
    for time in np.linspace(0, 1, 11):
        points = (rays[:, None] * radii[None, :, None]).reshape(-1, d)
        values = evaluate(np.column_stack([points, np.full(len(points), time)]))
        inside = (values.reshape(-1, len(rays), len(radii)) < 0).mean(2)
        # on a ray the field grows outwards: the share of negative samples tells where it is zero
        found = (
            radii[0]
            + inside * (radii[-1] - radii[0] + radii[1] - radii[0])
            - (radii[1] - radii[0]) / 2
        )
        exact = RADIUS**2 - 2 * (d - 1) * settings.kappa * time
        rows += [(i, time, np.mean(r**2), exact) for i, r in enumerate(found)]
    return pd.DataFrame(rows, columns=["seed", "time", "radius_squared", "exact"])


def deform(settings: Settings, seed: int, device: str):
    """Carry a circle along the paper's flow, and compare with the characteristics.

    Returns a frame (seed, time, error, motion): root mean squares over the square of f - exact and of
    exact - initial; and pictures (x, y, f of the first seed, exact) at the last time.
    """
    centres = torch.tensor(CENTRES, device=device)
    velocity = partial(surfaces.sources, centres=centres, scale=SCALE)
    residual = partial(surfaces.transport_residual, velocity=velocity)
    end = settings.flow_time
    evaluate = evolve(settings, residual, (-end, end), 2, seed, device, (5000, 500, 1000))
    line = np.linspace(-0.9, 0.9, 41)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    rows = []
    for time in (0.5 * end, end):
        exact = np.linalg.norm(flow_back(grid, time), axis=1) - RADIUS
        start = np.linalg.norm(grid, axis=1) - RADIUS
        found = evaluate(np.column_stack([grid, np.full(len(grid), time)]))
        motion = np.sqrt(np.mean((exact - start) ** 2))
        errors = np.sqrt(np.mean((found - exact) ** 2, axis=1))
        rows += [(i, time, e, motion) for i, e in enumerate(errors)]
    picture = pd.DataFrame({"x": grid[:, 0], "y": grid[:, 1], "network": found[0], "exact": exact})
    return pd.DataFrame(rows, columns=["seed", "time", "error", "motion"]), picture


def flow_back(points: np.ndarray, time: float) -> np.ndarray:
    """Return where the flow's particles that are at `points` at `time` were at time 0."""
    centres = torch.tensor(CENTRES, dtype=torch.float64)

    def backwards(_, flat):
        x = torch.tensor(flat.reshape(-1, 2))
        return -surfaces.sources(x, centres, SCALE).numpy().ravel()

    solved = solve_ivp(backwards, (0, time), points.ravel(), rtol=1e-8, atol=1e-10)
    return solved.y[:, -1].reshape(-1, 2)


def shrinking_rate(frame: pd.DataFrame) -> np.ndarray:
    """Return the fitted slope of radius² in time over the exact one, one value a seed."""

    def slope(rows, column):
        return np.polyfit(rows.time, rows[column], 1)[0]

    return np.array(
        [slope(rows, "radius_squared") / slope(rows, "exact") for _, rows in frame.groupby("seed")]
    )


def final_error(frame: pd.DataFrame) -> np.ndarray:
    """Return the error at the last time over the exact motion, one value a seed."""
    last = frame[frame.time == frame.time.max()].sort_values("seed")
    return (last.error / last.motion).to_numpy()
