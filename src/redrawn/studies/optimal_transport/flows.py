"""Variational JKO steps of the relative entropy against exact Fokker-Planck solutions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.transport import wasserstein_flow as wf
from redrawn.studies.ensemble import generator


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
