"""The nonlinear Schrödinger equation by a network of place and time (Raissi et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.stats import qmc

from redrawn.methods import physics
from redrawn.studies.ensemble import generator
from redrawn.studies.physics_informed.burgers import CHUNK, relative_error


@dataclass(frozen=True)
class Settings:
    """Sizes; 50 points each at t = 0 and at the ends, as in the paper."""

    width: int
    hidden: int
    collocation: int
    iterations: int
    known: int = 50


SETTINGS = {
    "quick": Settings(20, 3, 300, 60),
    "standard": Settings(40, 4, 2000, 5000),
    "paper": Settings(100, 4, 20_000, 50_000),
}


def solve(settings: Settings, seed: int, device: str):
    """Fit the nonlinear Schrödinger equation once; return log₁₀ of the error of |h|, and |h| as rows (x, t, exact, network)."""
    place, time = np.arange(256) * 10 / 256 - 5, np.linspace(0, np.pi / 2, 201)
    truth = np.abs(physics.schrodinger(2 / np.cosh(place), time))
    draw = np.random.default_rng(1000 * seed + 2)
    single, half = torch.float32, np.pi / 2

    def jet(x, t):
        at = torch.as_tensor(np.stack(np.broadcast_arrays(x, t), -1), dtype=single, device=device)
        return physics.coordinates(at, [-5.0, 0.0], [5.0, half])

    chosen = draw.choice(place, settings.known, replace=False)
    at_start = jet(chosen, 0.0)[:, 0]
    start = torch.as_tensor(2 / np.cosh(chosen), dtype=single, device=device)
    times = half * qmc.LatinHypercube(1, rng=draw).random(settings.known)[:, 0]
    low, high = jet(-5.0, times), jet(5.0, times)
    latin = qmc.scale(
        qmc.LatinHypercube(2, rng=draw).random(settings.collocation), [-5, 0], [5, half]
    )
    chunks = [jet(*part.T) for part in np.array_split(latin, -(-len(latin) // CHUNK))]
    widths = [2, *[settings.width] * settings.hidden, 2]
    h = physics.glorot(widths, generator(seed), device, single)

    def loss():
        u, v = physics.tanh_values(h, at_start)
        ends = physics.tanh_jet(h, low)[:, :2] - physics.tanh_jet(h, high)[:, :2]
        yield (u - start).square().mean() + v.square().mean() + ends.square().mean(-1).sum()
        for chunk in chunks:
            residual = physics.schrodinger_residual(physics.tanh_jet(h, chunk))
            yield residual.square().sum() / len(latin)

    physics.lbfgs(h, loss, settings.iterations)
    t, x = np.meshgrid(time, place, indexing="ij")
    with torch.no_grad():
        values = physics.tanh_values(h, jet(x.ravel(), t.ravel())[:, 0])
    found = values.double().norm(dim=0).view(t.shape).cpu().numpy()
    field = {"x": x, "t": t, "exact": truth, "network": found}
    error = np.log10(relative_error(found, truth))
    return float(error), pd.DataFrame({k: v.ravel() for k, v in field.items()})
