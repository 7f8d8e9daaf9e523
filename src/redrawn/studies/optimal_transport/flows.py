"""Variational JKO steps against exact Fokker-Planck and porous medium solutions."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.transport import porous_medium as pm
from redrawn.methods.transport import wasserstein_flow as wf
from redrawn.studies.ensemble import generator

BOX = 1.5
"""Radius of the uniform reference over that of the samples, as the authors have it for their box."""

START = 1e-3
"""Time at which the porous medium run starts, and twice its step."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the length of a step, the number of steps and the targets are the paper's."""

    dimensions: tuple[int, ...]
    samples: int
    optimiser_steps: int
    porous_dimensions: tuple[int, ...]
    porous_steps: int
    jko_steps: int = 20
    length: float = 0.05
    seeds: int = 16
    rate: float = 0.02


SETTINGS = {
    "quick": Settings((2, 8), 256, 20, (1,), 20, seeds=10),
    "standard": Settings((2, 6, 12), 512, 40, (1, 3), 50),
    "paper": Settings((2, 6, 12, 16, 32, 64), 1024, 500, (1, 3, 6), 50, seeds=15),
}


def jko_gaussian(origin, root, mean, spectrum, settings: Settings, source, length: float):
    """Make one JKO step of the divergence to N(mean, diag spectrum) from N(origin, root rootᵀ), batched.

    Works in coordinates z, x = root z + origin, in which Γ, the present law, is standard normal.
    """
    e, d = origin.shape
    where = {"device": origin.device, "dtype": origin.dtype}
    bend, shift = torch.zeros((e, d, d), **where), torch.zeros((e, d), **where)
    h = wf.zero_quadratic(e, d, **where)
    identity = torch.eye(d, **where)
    # in z the present law's logarithm less the target's is a quadratic, too
    to_target = root.mT / spectrum[:, None]
    curvature = to_target @ root - identity
    push = (to_target @ (origin - mean)[..., None])[..., 0]
    inertia = root.mT @ root / length

    def draw():
        return torch.randn((e, settings.samples, d), generator=source, dtype=origin.dtype).to(
            origin.device
        )

    def ascent():
        z, reference = draw(), draw()
        moved = z + torch.baddbmm(shift[:, None], z, bend.mT)
        return wf.kl_slope(h, moved, reference)

    def descent():
        z, _ = draw(), draw()  # no gradient here hangs on the reference
        g = (h[0] + curvature, h[1] + push, h[2])
        return wf.affine_slope(bend, shift, inertia, g, z)

    wf.alternate([bend, shift], list(h), descent, ascent, settings.optimiser_steps, settings.rate)
    return origin + (root @ shift[..., None])[..., 0], root @ (identity + bend)


def ornstein_uhlenbeck(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Follow the process from N(0, I) (dimension, seed, step, time, error: log₁₀ of the symmetric divergence)."""
    rows = []
    for d in settings.dimensions:
        source, e = generator(seed), settings.seeds
        mean = torch.randn((e, d), generator=source).to(device)
        spectrum = (0.5 + torch.rand((e, d), generator=source) / 2).to(device)
        origin, root = torch.zeros_like(mean), torch.eye(d, device=device).expand(e, d, d)
        for k in range(1, settings.jko_steps + 1):
            origin, root = jko_gaussian(
                origin, root, mean, spectrum, settings, source, settings.length
            )
            time = k * settings.length
            m, s = wf.ornstein_uhlenbeck(mean.double(), spectrum.double(), time)
            found = root.double() @ root.double().mT
            error = wf.symmetric_kl(origin.double(), found, m, torch.diag_embed(s))
            rows += [(d, i, k, time, v) for i, v in enumerate(error.log10().tolist())]
    return pd.DataFrame(rows, columns=["dimension", "seed", "step", "time", "error"])


def last_errors(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return by seed: the last error in the largest dimension, and how much a dimension's share grew (log₁₀)."""
    last = frame[frame.step == frame.step.max()].pivot(
        index="seed", columns="dimension", values="error"
    )
    low, high = last.columns.min(), last.columns.max()
    growth = (last[high] - np.log10(high)) - (last[low] - np.log10(low))
    return last[high].to_numpy(), growth.to_numpy()


def estimate_divergence(settings: Settings, seed: int, device: str, d: int = 4) -> np.ndarray:
    """Return the variational estimate of a Gaussian divergence over its closed form, by seed."""
    source, e = generator(seed), settings.seeds
    where = {"device": device}
    mean = 0.5 * torch.randn((e, d), generator=source).to(device)
    deviation = (0.7 + 0.5 * torch.rand((e, d), generator=source)).to(device)
    target = 1.5  # Q = N(0, target² I), Γ = N(0, I)
    h = wf.zero_quadratic(e, d, **where)

    def draw(n=settings.samples):
        z = mean[:, None] + deviation[:, None] * torch.randn((e, n, d), generator=source).to(device)
        return z, torch.randn((e, n, d), generator=source).to(device)

    def ascent():
        return wf.kl_slope(h, *draw())

    wf.alternate([], list(h), tuple, ascent, 6 * settings.optimiser_steps, settings.rate)
    z, reference = draw(50_000)
    log_ratio = d * np.log(target) - z.square().sum(-1) * (1 - target**-2) / 2
    found = wf.kl_bound(h, z, reference, log_ratio)
    cov, wide = torch.diag_embed(deviation.square()), target**2 * torch.eye(d, device=device)
    exact = wf.gaussian_kl(mean, cov, torch.zeros_like(mean), wide.expand(e, d, d))
    return (found / exact).cpu().numpy()


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
