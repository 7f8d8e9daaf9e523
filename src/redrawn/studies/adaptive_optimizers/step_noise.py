"""Stochastic gradient steps on a parabola, where theorems can be held to closed forms (Bottou et al., 2018, Secs. 4 and 5).

F(w) = ½c w², gradients c w + ξ with ξ ~ N(0, σ²) for each sample: in the paper's terms L = c (the strong-convexity
constant as well), M = σ², μ = M_G = 1. Runs are replicates in one tensor; a seed is the mean over `replicates`.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import special

from redrawn.studies import tidy
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Constants of the parabola and sizes; `growth` is τ of growing batches."""

    seeds: int = 8
    replicates: int = 1000
    curvature: float = 1.0
    noise: float = 1.0
    start: float = 3.0
    rates: tuple[float, ...] = (0.2, 0.1, 0.05, 0.025, 0.0125)
    steps: int = 1000
    stages: int = 7
    batch_rate: float = 0.5
    batch_steps: int = 30


SETTINGS = {
    "quick": Settings(replicates=500, rates=(0.2, 0.1, 0.05, 0.025), steps=500),
    "standard": Settings(replicates=10_000, stages=8),
}
SETTINGS["paper"] = SETTINGS["standard"]  # theorems, which hold at any size


class Runs:
    """Replicates that make steps together."""

    def __init__(self, settings: Settings, seed: int, device: str):
        self.s, self.source = settings, generator(seed)
        shape = (settings.seeds, settings.replicates)
        self.w = torch.full(shape, settings.start, device=device)

    def step(self, rate: float, samples: int = 1) -> None:
        """Make a step with the mean of so many gradients, whose law is known."""
        noise = torch.randn(self.w.shape, generator=self.source).to(self.w.device)
        scale = self.s.noise / samples**0.5
        self.w = self.w - rate * (self.s.curvature * self.w + scale * noise)

    def gap(self) -> list[float]:
        """Return the mean of F(w) − F*, one value a seed."""
        return (self.s.curvature * self.w.square().mean(1) / 2).tolist()


def floor(settings: Settings, rate: float) -> float:
    """Return the theorem's floor αLM/(2cμ)."""
    return rate * settings.noise**2 / 2


def first_gap(settings: Settings) -> float:
    """Return F(w₁) − F*."""
    return settings.curvature * settings.start**2 / 2


def fixed(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run each fixed step; return (rate, step, seed, gap, bound) with Theorem 4.6's bound."""
    rows = []
    for rate in settings.rates:
        runs = Runs(settings, seed, device)
        low = floor(settings, rate)
        for k in range(settings.steps):
            bound = low + (1 - rate * settings.curvature) ** k * (first_gap(settings) - low)
            rows += [(rate, k + 1, i, v, bound) for i, v in enumerate(runs.gap())]
            runs.step(rate)
    return pd.DataFrame(rows, columns=["rate", "step", "seed", "gap", "bound"])


def floors(frame: pd.DataFrame) -> dict[str, list]:
    """Return {"x": rates, "y": gaps over the second half, one list a seed}."""
    late = frame[frame.step > frame.step.max() / 2]
    means = late.groupby(["seed", "rate"], as_index=False).gap.mean()
    return tidy.series(means, "rate", "gap")


def over_bound(frame: pd.DataFrame) -> list[float]:
    """Return the largest gap over its bound from the second step on, one value a seed."""
    later = frame[frame.step > 1]
    return (later.gap / later.bound).groupby(later.seed).max().tolist()


def decaying(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run α_k = β/(γ + k) with β = 2/c and γ = 1, so that α₁ = 1/L; return (step, seed, gap, bound) with Theorem 4.7's bound."""
    runs = Runs(settings, seed, device)
    c, beta, gamma = settings.curvature, 2 / settings.curvature, 1.0
    nu = max(
        beta**2 * c * settings.noise**2 / (2 * (beta * c - 1)), (gamma + 1) * first_gap(settings)
    )
    rows = []
    for k in range(1, settings.steps + 1):
        rows += [(k, i, v, nu / (gamma + k)) for i, v in enumerate(runs.gap())]
        runs.step(beta / (gamma + k))
    return pd.DataFrame(rows, columns=["step", "seed", "gap", "bound"])


def decay_series(frame: pd.DataFrame) -> dict[str, list]:
    """Return {"x": steps, "y": gaps, one list a seed} at steps that double, from the tenth part of them on."""
    last = int(frame.step.max())
    chosen = [last >> j for j in range(4)][::-1]
    return tidy.series(frame[frame.step.isin(chosen)], "step", "gap")


def underestimated(steps: float, curvature: float = 0.2) -> float:
    """Return x after so many noiseless steps 1/k on ½c x² from 1: ∏ (1 − c/k), in closed form."""
    return math.exp(
        special.gammaln(steps + 1 - curvature)
        - special.gammaln(1 - curvature)
        - special.gammaln(steps + 1)
    )


def growing(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run a fixed step with batches ⌈τᵏ⁻¹⌉, τ = 1/(1 − αcμ/2); return (step, work, seed, gap, bound) with Theorem 5.1's bound."""
    runs = Runs(settings, seed, device)
    rate = settings.batch_rate / settings.curvature
    rho = 1 - rate * settings.curvature / 2
    omega = max(rate * settings.noise**2, first_gap(settings))
    rows, work = [], 0
    for k in range(1, settings.batch_steps + 1):
        rows += [(k, work, i, v, omega * rho ** (k - 1)) for i, v in enumerate(runs.gap())]
        samples = math.ceil(rho ** -(k - 1))
        runs.step(rate, samples)
        work += samples
    return pd.DataFrame(rows, columns=["step", "work", "seed", "gap", "bound"])


def work_series(frame: pd.DataFrame) -> dict[str, list]:
    """Return {"x": sampled gradients, "y": gaps, one list a seed} over the last third of the steps."""
    late = frame[frame.step > 2 * frame.step.max() / 3]
    return tidy.series(late, "work", "gap")


def halving(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Halve the step whenever the mean gap over all runs is below twice its floor; return (stage, seed, steps, gap).

    Each seed halves on its own: its runs stand in a row of their own, with a rate of their own.
    """
    runs = Runs(settings, seed, device)
    stage = np.zeros(settings.seeds, dtype=int)
    rows, since = [], np.zeros(settings.seeds, dtype=int)
    while stage.min() < settings.stages:
        rates = settings.rates[0] * 0.5**stage
        ready = np.array(runs.gap()) < 2 * floor(settings, rates)
        for i in np.flatnonzero(ready):
            rows.append((int(stage[i]), int(i), int(since[i]), runs.gap()[i]))
        stage, since = stage + ready, np.where(ready, 0, since)
        rates = torch.tensor(settings.rates[0] * 0.5**stage, device=device).float()[:, None]
        runs.step(rates)
        since = since + 1
    frame = pd.DataFrame(rows, columns=["stage", "seed", "steps", "gap"])
    return frame[frame.stage < settings.stages]


def stage_series(frame: pd.DataFrame) -> dict[str, list]:
    """Return {"x": stages, "y": steps, one list a seed}, but for the first stage, which starts from afar."""
    return tidy.series(frame[frame.stage > 0], "stage", "steps")
