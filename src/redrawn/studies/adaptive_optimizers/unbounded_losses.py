"""Online learning on an unbounded domain with gradients that grow with the iterate (Jacobsen and Cutkosky, ICML 2023)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import stats

from redrawn.methods import optimizers
from redrawn.studies import tidy
from redrawn.studies.ensemble import generator

COMPARATORS = (1.0, 5.0, 20.0)  # norms that regret is followed for in time
NORMS = (1.0, 3.0, 10.0, 30.0, 100.0)
BLOCK = 1024  # rounds that are drawn at once
RATE = 0.1  # of simultaneous gradient steps on the saddle


@dataclass(frozen=True)
class Settings:
    """Rounds and sizes; `epsilon` is the learner's regret against zero, in units of G."""

    rounds: int
    dimension: int = 2
    seeds: int = 6
    noise: float = 1.0
    epsilon: float = 1.0
    kappa: float = 4.0


# rates are of T → ∞
SETTINGS = {"quick": Settings(1024), "standard": Settings(32_768), "paper": Settings(1_048_576)}


def regression(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Play squared losses ½(⟨x, w⟩ − y)², y = ⟨x, u⟩ + noise, on unit vectors x and noise in [−1, 1].

    ‖g‖ ≤ |y|‖x‖ + ‖x‖²‖w‖, so that G = ‖u‖ + 1 and L = 1. The comparator is u. Returns (norm, rounds, seed, regret,
    ratio) at rounds that double, with the ratio to G‖u‖√T + L‖u‖²√T.
    """
    source = generator(seed)
    norms = torch.tensor(sorted({*COMPARATORS, *NORMS}), dtype=torch.float64)
    shape = (settings.seeds, settings.dimension)
    direction = torch.randn(shape, generator=source, dtype=torch.float64)
    direction = direction / direction.norm(dim=1, keepdim=True)
    # one learner for all norms and seeds, (norms, seeds, d) with the first two as rows
    u = (norms[:, None, None] * direction).flatten(0, 1).to(device)
    size = norms.repeat_interleave(settings.seeds).to(device) + settings.noise
    w = torch.zeros_like(u, requires_grad=True)
    learner = _learner(settings, w, size)
    regret = torch.zeros(len(u), dtype=torch.float64, device=device)
    rows = []
    for t in range(1, settings.rounds + 1):
        if t % BLOCK == 1:
            x, noise = _block(settings, source, len(norms), device)
        one, disturbance = x[t % BLOCK], noise[t % BLOCK]
        residual = ((w.detach() - u) * one).sum(-1) - disturbance
        regret += (residual.square() - disturbance.square()) / 2
        w.grad = residual[:, None] * one
        learner.step()
        if t & (t - 1) == 0 and t >= 64:
            for n, values in zip(norms.tolist(), regret.view(len(norms), -1).tolist(), strict=True):
                bound = ((n + settings.noise) * n + n**2) * t**0.5
                rows += [(n, t, i, v, v / bound) for i, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["norm", "rounds", "seed", "regret", "ratio"])


def _block(settings: Settings, source, copies: int, device: str):
    """Draw unit inputs and noise of BLOCK rounds, (BLOCK, copies · seeds, d) and without d, alike for all copies."""
    shape = (BLOCK, 1, settings.seeds, settings.dimension)
    x = torch.randn(shape, generator=source, dtype=torch.float64)
    x = (x / x.norm(dim=-1, keepdim=True)).expand(-1, copies, -1, -1).flatten(1, 2)
    noise = 2 * torch.rand(shape[:3], generator=source, dtype=torch.float64) - 1
    noise = settings.noise * noise.expand(-1, copies, -1).flatten(1, 2)
    return x.to(device), noise.to(device)


def _learner(settings: Settings, w, gradient):
    return optimizers.CentredMirrorDescent(
        [w], gradient, 1.0, settings.epsilon, settings.kappa, batched=True
    )


def exponents(frame: pd.DataFrame, column: str, norm: float) -> np.ndarray:
    """Return the exponent of regret, or of its ratio, in the number of rounds over the last four doublings, by seed."""
    rows = frame[(frame.norm == norm) & (frame.rounds >= frame.rounds.max() / 16)]
    return tidy.exponents(tidy.series(rows, "rounds", column))


def worst_exponent(frame: pd.DataFrame) -> np.ndarray:
    """Return the largest exponent of the ratio over comparators, by seed."""
    return np.max([exponents(frame, "ratio", n) for n in COMPARATORS], axis=0)


def growth(frame: pd.DataFrame) -> list[float]:
    """Return the exponent of the last regret in the comparator's norm, by seed."""
    rows = frame[(frame.rounds == frame.rounds.max()) & frame.norm.isin(NORMS)]
    return tidy.exponents(tidy.series(rows, "norm", "regret")).tolist()


def saddle(settings: Settings, device: str) -> pd.DataFrame:
    """Solve min over x, max over y of (x − 1)(y + 1) by two learners, and by simultaneous gradient steps.

    Returns (method, rounds, distance) at rounds that double; the learners' iterates are averaged, gradient steps' are
    the last. Each player's gradient is the other's iterate shifted by one: G = 1, L = 1 for the pair.
    """
    pair = torch.zeros((1, 2), dtype=torch.float64, device=device, requires_grad=True)
    learner = _learner(settings, pair, gradient=2**0.5)
    descent = torch.zeros((1, 2), dtype=torch.float64, device=device)
    goal = torch.tensor([[1.0, -1.0]], dtype=torch.float64, device=device)
    average = torch.zeros_like(goal)
    rows = []
    for t in range(1, settings.rounds + 1):
        average += (pair.detach() - average) / t
        pair.grad = _field(pair.detach())
        learner.step()
        descent = descent - RATE * _field(descent)
        if t & (t - 1) == 0 and t >= 16:
            rows.append(("mirror descent, average", t, (average - goal).norm().item()))
            rows.append(("gradient steps", t, (descent - goal).norm().item()))
    return pd.DataFrame(rows, columns=["method", "rounds", "distance"])


def _field(pair: torch.Tensor) -> torch.Tensor:
    """Return the gradients that the players of (x − 1)(y + 1) descend: y + 1 and −(x − 1)."""
    x, y = pair[:, :1], pair[:, 1:]
    return torch.cat([y + 1, 1 - x], 1)


def saddle_exponent(frame: pd.DataFrame) -> float:
    """Return the exponent of the averages' distance in the number of rounds over the last four doublings."""
    rows = frame[(frame.method != "gradient steps") & (frame.rounds >= frame.rounds.max() / 16)]
    return float(stats.linregress(np.log(rows.rounds), np.log(rows.distance)).slope)
