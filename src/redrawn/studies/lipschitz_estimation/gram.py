"""Gram iteration against power iteration, step by step, and its gradient (Delattre et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.lipschitz.circular_convolution import (
    circular_norm,
    convolution_gram_bounds,
    convolution_gram_gradient,
)
from redrawn.methods.lipschitz.convolution_power import convolution_power
from redrawn.methods.lipschitz.gram_iteration import gram_bounds, gram_gradient
from redrawn.methods.lipschitz.power_iteration import power_iteration
from redrawn.studies.ensemble import generator

ROWS, COLUMNS = 500, 400
CHANNELS, KERNEL, PIXELS = 64, 5, 12
DENSE, CONVOLUTION, ORTHOGONAL = "dense", "convolution", "orthogonal"
GRAM, POWER = "Gram", "power"
FLOOR = 1e-16


@dataclass(frozen=True)
class Settings:
    """How many matrices and kernels, and steps; sizes are the authors'."""

    matrices: int
    kernels: int
    power_steps: int
    convolution_steps: int
    widths: tuple[int, ...]
    gram_steps: int = 12


SETTINGS = {
    "quick": Settings(6, 3, 800, 80, (4, 8, 16, 32)),
    "standard": Settings(10, 8, 2000, 600, (4, 8, 16, 32, 64)),
    "paper": Settings(50, 50, 10_000, 5000, (4, 8, 16, 32, 64, 128, 256)),
}


def normal(source: torch.Generator, *shape: int) -> torch.Tensor:
    """Draw standard normal numbers in double precision."""
    return torch.randn(shape, generator=source, dtype=torch.float64)


def convergence(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (case, method, seed, step, excess, error): estimate over exact norm less one, and its size.

    Gaussian matrices and kernels of the authors' sizes, and orthogonal matrices, on which all singular values are one.
    """
    source, steps = generator(seed), settings.gram_steps
    dense = normal(source, settings.matrices, ROWS, COLUMNS).to(device)
    start = normal(source, settings.matrices, COLUMNS, 1).to(device)
    kernels = draw_kernels(settings, seed, device)
    images = normal(source, settings.kernels, CHANNELS, PIXELS, PIXELS).to(device)
    orthogonal, _ = torch.linalg.qr(normal(source, settings.matrices, 256, 256).to(device))
    exact = {
        DENSE: torch.linalg.matrix_norm(dense, ord=2),
        CONVOLUTION: circular_norm(kernels, PIXELS),
        ORTHOGONAL: torch.ones(settings.matrices, dtype=torch.float64, device=device),
    }
    found = {
        (DENSE, GRAM): gram_bounds(dense, steps),
        (DENSE, POWER): torch.cat(
            [  # one after another: all matrices together do not fit into the cache
                power_iteration(g.matmul, g.T.matmul, u[None], settings.power_steps)
                for g, u in zip(dense, start, strict=True)
            ],
            dim=1,
        ),
        (CONVOLUTION, GRAM): convolution_gram_bounds(kernels, PIXELS, steps),
        (CONVOLUTION, POWER): convolution_power(
            kernels, images, settings.convolution_steps, "circular"
        ),
        (ORTHOGONAL, GRAM): gram_bounds(orthogonal, steps),
    }
    frames = []
    for (case, method), estimates in found.items():
        excess = (estimates / exact[case] - 1).cpu().numpy()
        step, index = np.indices(excess.shape)
        columns = {"seed": index.ravel(), "step": step.ravel(), "excess": excess.ravel()}
        frames.append(pd.DataFrame({"case": case, "method": method} | columns))
    return pd.concat(frames, ignore_index=True).assign(
        error=lambda f: f.excess.abs().clip(lower=FLOOR)
    )


def curves(frame: pd.DataFrame, case: str, method: str, column: str = "excess") -> np.ndarray:
    """Return one method's column, shape (seeds, steps)."""
    rows = frame[(frame.case == case) & (frame.method == method)]
    return rows.pivot(index="seed", columns="step", values=column).to_numpy()


def guarantees(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each Gaussian Gram sequence's smallest excess, and its largest rise from one step to the next, zero if none."""
    found = [curves(frame, case, GRAM) for case in (DENSE, CONVOLUTION)]
    return (
        np.concatenate([excess.min(1) for excess in found]),
        np.concatenate([np.diff(excess).max(1).clip(min=0) for excess in found]),
    )


def order(frame: pd.DataFrame, case: str, above: float = 1e-12) -> np.ndarray:
    """Return the order of convergence of Gram iteration, one a seed, by the last three errors `above` rounding.

    It is log(e₂/e₁) / log(e₁/e₀): one for a sequence that closes in at a constant rate.
    """
    found = []
    for errors in curves(frame, case, GRAM, "error"):
        e = np.log(errors[errors > above][-3:])
        found.append((e[2] - e[1]) / (e[1] - e[0]))
    return np.array(found)


def steps_to(frame: pd.DataFrame, case: str, method: str, error: float = 1e-6) -> np.ndarray:
    """Return the first step with a smaller relative error, one a seed; the budget where there is none."""
    errors = curves(frame, case, method, "error")
    reached = errors < error
    return np.where(reached.any(1), reached.argmax(1), errors.shape[1] - 1)


def operations(steps: np.ndarray, case: str, method: str) -> np.ndarray:
    """Return additions and multiplications of that many steps; a transform's and a norm's are too few to count."""
    if case == DENSE:
        gram = 2 * COLUMNS**2 * (ROWS + (steps - 1) * COLUMNS)
        return gram if method == GRAM else 4 * ROWS * COLUMNS * steps
    frequencies = PIXELS * (PIXELS // 2 + 1)
    gram = 8 * frequencies * CHANNELS**3 * steps  # a complex product has four, and as many sums
    return gram if method == GRAM else 4 * (CHANNELS * KERNEL * PIXELS) ** 2 * steps


def draw_kernels(settings: Settings, seed: int, device: str) -> torch.Tensor:
    """Return Gaussian kernels of the authors' size."""
    source = torch.Generator().manual_seed(1000 * seed + 2)
    return normal(source, settings.kernels, CHANNELS, CHANNELS, KERNEL, KERNEL).to(device)


def gradient_error(seed: int, device: str, size: float = 1e-5) -> np.ndarray:
    """Return how far the closed form lies from central differences, over its length: a matrix, and a kernel, at 0 … 6 steps."""
    source = torch.Generator().manual_seed(1000 * seed + 4)
    found = []
    for shape, bound, closed in (
        ((7, 5), gram_bounds, gram_gradient),
        (
            (3, 4, 3, 3),
            lambda x, t: convolution_gram_bounds(x, 6, t),
            lambda x, t: convolution_gram_gradient(x, 6, t),
        ),
    ):
        point = normal(source, *shape).to(device)
        moves = size * torch.eye(point.numel(), dtype=point.dtype, device=device)
        moves = moves.unflatten(1, shape)
        for steps in range(7):
            rise = bound(point + moves, steps)[-1] - bound(point - moves, steps)[-1]
            slope = closed(point, steps)[1].flatten()
            found.append(((rise / (2 * size) - slope).norm() / slope.norm()).item())
    return np.array(found)


def overflow_step(seed: int) -> int:
    """Return the step at which the iteration overflows in single precision where nothing is rescaled."""
    matrix = normal(generator(seed), ROWS, COLUMNS).float()
    step = 0
    while matrix.norm().isfinite():
        matrix, step = matrix.mT @ matrix, step + 1
    return step
