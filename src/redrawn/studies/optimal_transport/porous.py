"""Variational JKO steps of the porous medium equation against Barenblatt's solution."""

import math

import numpy as np
import pandas as pd
import torch

from redrawn.methods.transport import porous_medium as pm
from redrawn.methods.transport import wasserstein_flow as wf
from redrawn.studies.ensemble import generator
from redrawn.studies.optimal_transport.flows import Settings

BOX = 1.5
"""Radius of the uniform reference over that of the samples, as the authors have it for their box."""

START = 1e-3
"""Time at which the porous medium run starts, and twice its step."""


def jko_porous(radius, d: int, h, settings: Settings, source, length: float):
    """Return the radius (e,) after one JKO step of ∫ p² from Barenblatt's profile; h is warm, and changes in place."""
    e = len(radius)
    stretch = torch.zeros(e, device=radius.device)
    ball = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    density = 1 / (ball * (BOX * radius) ** d)
    scale = BOX**d * (d + 2) / 2  # of p/q, so that Adam sees numbers of order one

    def draw():
        normal = torch.randn((e, settings.samples, d + 4), generator=source).square()
        # |z|² of the profile 1 - |z|² on the unit ball is Beta(d/2, 2)
        squares = (normal[..., :d].sum(-1) / normal.sum(-1)).to(radius.device)
        reference = BOX**2 * torch.rand((e, settings.samples), generator=source) ** (2 / d)
        return squares, reference.to(radius.device)

    def ascent():
        squares, reference = draw()
        moved = squares * stretch.exp()[:, None].square()
        scaled = (scale * h[0], scale * h[1])
        return [scale * v for v in pm.entropy_slope(scaled, moved, reference, density)]

    def descent():
        squares, _ = draw()
        growth = stretch.exp()
        cost = squares.mean(1) * radius**2 * (growth - 1) * growth / length
        scaled = (scale * h[0], scale * h[1])
        return [cost + 2 * pm.entropy_push(scaled, squares * growth[:, None].square(), density)]

    wf.alternate([stretch], list(h), descent, ascent, settings.optimiser_steps, settings.rate)
    return radius * stretch.exp()


def porous_medium(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Follow Barenblatt's solution (dimension, seed, step, time, radius, exact)."""
    rows = []
    length = START / 2
    for d in settings.porous_dimensions:
        source, e = generator(seed), settings.seeds
        radius = torch.full((e,), pm.barenblatt_radius(START, 1.0, d), device=device)
        h = (torch.ones(e, device=device), torch.ones(e, device=device))
        for k in range(settings.porous_steps + 1):
            time = START + k * length
            exact = pm.barenblatt_radius(time, 1.0, d)
            rows += [(d, i, k, time, r, exact) for i, r in enumerate(radius.tolist())]
            radius = jko_porous(radius, d, h, settings, source, length)
    return pd.DataFrame(rows, columns=["dimension", "seed", "step", "time", "radius", "exact"])


def last_radius(frame: pd.DataFrame) -> np.ndarray:
    """Return the last radius over the exact one in the largest dimension, by seed."""
    last = frame[(frame.step == frame.step.max()) & (frame.dimension == frame.dimension.max())]
    return (last.radius / last.exact).to_numpy()
