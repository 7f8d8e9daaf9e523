"""Polynomial regression between lazy and rich, all configurations and seeds in one tensor (Kumar et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import grokking
from redrawn.studies.ensemble import generator

HEADLINE = "headline"
SCALES = ("α = 0.5", "α = 1", "α = 2")
EPSILONS = ("ε = 0.25", "ε = 0.5", "ε = 1")
CONFIGURATIONS = {
    HEADLINE: (1.0, 0.25, False),
    "α = 0.5": (0.5, 0.25, True),
    "α = 1": (1.0, 0.25, True),
    "α = 2": (2.0, 0.25, True),
    "α = 1000": (1000.0, 0.25, True),
    "ε = 0.5": (1.0, 0.5, True),
    "ε = 1": (1.0, 1.0, True),
}
"""Output scale α, quadratic part ε, and whether the output at the start is taken off."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the learning rate is the paper's N/α²."""

    dimension: int
    samples: int
    steps: int
    hidden: int = 500
    seeds: int = 24
    points: int = 60


SETTINGS = {
    "quick": Settings(20, 110, 1500),
    "standard": Settings(50, 275, 4000, seeds=12),
    "paper": Settings(100, 550, 100_000, points=120),
}


def draw(settings: Settings, seed: int, device: str):
    """Return samples (s, p, d), targets' directions (s, d) and starts of each seed; α, ε and centring (k,) of each configuration."""
    source = generator(seed)
    d = settings.dimension

    def normal(*shape):
        shape = (settings.seeds, *shape)
        return torch.randn(shape, generator=source, dtype=torch.float64).to(device)

    x, beta = normal(settings.samples, d) / d**0.5, normal(d)
    start = grokking.initial_state(normal(1, settings.hidden, d))
    constants = torch.tensor(list(CONFIGURATIONS.values()), dtype=torch.float64, device=device)
    return x, beta, start, *constants.T


def target(x: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    """Return y = (β·x)²/2."""
    return (x @ beta[..., None])[..., 0].square() / 2


def run(settings: Settings, seed: int, device: str):
    """Train every configuration; look at steps that are spaced evenly in the logarithm.

    Returns:
        A frame (name, seed, step, train, test, size, misaligned, linear, norm, alignment), whose test loss is the sum of
        the three terms before `norm`, and which has the kernel's alignment for the headline alone; and the largest relative
        deviation of that sum from the error on fresh samples, one value a seed, over configurations, at the last step.
    """
    x, beta, start, alpha, epsilon, centred = draw(settings, seed, device)
    y, samples = target(x, beta), grokking.with_products(x)
    off = grokking.State(centred[:, None] * start.mean, centred[:, None, None] * start.second)
    goal = grokking.output(off, samples, alpha, epsilon) + y[:, None]
    state = start
    looks = {0, *np.unique(np.geomspace(1, settings.steps, settings.points).round()).astype(int)}
    rows = []
    for step in range(settings.steps + 1):
        residual = grokking.output(state, samples, alpha, epsilon) - goal
        if step in looks:
            terms = grokking.loss_terms(state, off, beta, alpha, epsilon)
            norm = (settings.hidden * state.second.diagonal(dim1=-2, dim2=-1).sum(-1)).sqrt()
            headline = grokking.State(*(moment[:, :1] for moment in state))
            aligned = torch.full_like(terms[..., 0], torch.nan)
            kernel = grokking.gram(headline, x, x, epsilon[:1])
            aligned[:, :1] = grokking.alignment(kernel, y)
            parts = [residual.square().mean(-1), terms.sum(-1), *terms.unbind(-1)]
            found = torch.stack([*parts, norm.expand_as(aligned), aligned], -1).cpu().numpy()
            rows += [
                (name, i, step, *found[i, n])
                for n, name in enumerate(CONFIGURATIONS)
                for i in range(settings.seeds)
            ]
        if step < settings.steps:
            state = grokking.step(state, samples, residual, alpha, epsilon)
    names = "name seed step train test size misaligned linear norm alignment"
    deviation = fresh_deviation(settings, seed, state, off, beta, alpha, epsilon)
    return pd.DataFrame(rows, columns=names.split()), deviation


def fresh_deviation(settings, seed, state, off, beta, alpha, epsilon, count: int = 20_000):
    """Return |error on fresh samples / sum of the terms - 1|, the largest over configurations, by seed."""
    source = torch.Generator().manual_seed(1000 * seed + 7)
    d = settings.dimension
    fresh = torch.randn((1, count, d), generator=source, dtype=torch.float64) / d**0.5
    fresh = fresh.to(beta.device)
    samples = grokking.with_products(fresh)
    terms = grokking.loss_terms(state, off, beta, alpha, epsilon).sum(-1)
    moved = grokking.State(state.mean - off.mean, state.second - off.second)  # f is linear in both
    errors = []
    for mean, second, one in zip(*moved, beta, strict=True):
        f = grokking.output(grokking.State(mean[None], second[None]), samples, alpha, epsilon)
        errors.append((f[0] - target(fresh, one)).square().mean(-1))
    return (torch.stack(errors) / terms - 1).abs().amax(1).cpu().numpy()
