"""Which harmonics a product of layers learns first: exact kernel gradient flow, and finite networks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import polynomial
from redrawn.studies.ensemble import generator

DEGREES = (1, 3, 4, 5, 8, 12)
KERNELS = {"standard": polynomial.standard_kernel, "product": polynomial.product_kernel}
DIMENSION = 10


@dataclass(frozen=True)
class Settings:
    """Sizes; dimension, harmonics and amplitudes are those of the authors' follow-up code."""

    points: int
    width: int
    steps: int
    finite_points: int
    draws: int = 4
    amplitude: float = 0.1
    step_share: float = 0.5


SETTINGS = {
    "quick": Settings(500, 512, 150, 200),
    "standard": Settings(1000, 2048, 1500, 400, draws=5),
    "paper": Settings(1000, 32_768, 30_000, 1000, draws=5),
}


def problem(points: int, source: np.random.Generator, amplitude: float):
    """Return points on the sphere (n, d) and the harmonics' values (n, degrees), each of `amplitude`."""
    x = source.normal(size=(points, DIMENSION))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    z = source.normal(size=(len(DEGREES), DIMENSION))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    harmonics = [polynomial.gegenbauer(x @ z[i], k, DIMENSION) for i, k in enumerate(DEGREES)]
    basis = np.stack([h / np.sqrt(np.mean(h**2)) for h in harmonics], axis=1)
    return x, amplitude * basis


def mercer() -> pd.DataFrame:
    """Return the eigenvalues of both kernels by degree, relative to the kernel's trace."""
    rows = [
        (name, k, polynomial.mercer_eigenvalue(kernel, k, DIMENSION))
        for name, kernel in KERNELS.items()
        for k in range(13)
    ]
    return pd.DataFrame(rows, columns=["net", "degree", "eigenvalue"])


def kernel_flow(settings: Settings, seed: int) -> pd.DataFrame:
    """Follow gradient flow of infinitely wide nets exactly.

    Time is in units of 1/(mean eigenvalue), so that both kernels have the same trace.
    Returns columns net, seed, degree, time, share (of the harmonic still in the residual).
    """
    times = np.geomspace(1e-2, 1e6, 161)
    rows = []
    for draw in range(settings.draws):
        source = np.random.default_rng([seed, draw])
        x, targets = problem(settings.points, source, settings.amplitude)
        for name, kernel in KERNELS.items():
            values, vectors = np.linalg.eigh(kernel(x @ x.T))
            values = np.maximum(values, 0) / values.mean()
            whole = vectors.T @ targets.sum(axis=1)
            each = vectors.T @ targets
            # residual(t) = exp(-λt) residual(0) in each eigendirection; a_k is its part along harmonic k
            left = np.exp(-np.outer(times, values)) * whole @ each
            share = np.abs(left) / (targets**2).sum(axis=0)
            for j, k in enumerate(DEGREES):
                columns = {
                    "net": name,
                    "seed": draw,
                    "degree": k,
                    "time": times,
                    "share": share[:, j],
                }
                rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def half_times(flow: pd.DataFrame) -> pd.DataFrame:
    """Return the first time at which half of each harmonic is learned (net, seed, degree, time)."""
    below = flow[flow.share <= 0.5]
    return below.groupby(["net", "seed", "degree"], as_index=False).time.min()


def train_finite(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train finite networks by full-batch gradient descent at equal share of the largest stable step.

    Returns columns net, seed, degree, share (of the harmonic left in the residual after the last step).
    """
    source = generator(seed)
    rows = []
    drawn = [
        problem(settings.finite_points, np.random.default_rng([seed, i]), settings.amplitude)
        for i in range(settings.draws)
    ]
    x = torch.tensor(np.stack([d[0] for d in drawn]), dtype=torch.float32, device=device)
    targets = np.stack([d[1] for d in drawn])
    wanted = torch.tensor(targets.sum(axis=2), dtype=torch.float32, device=device)[..., None]
    for degree, name in ((1, "standard"), (2, "product")):
        weights = polynomial.init_pi_net(
            degree, DIMENSION, settings.width, settings.draws, source, device
        )
        for w in weights:
            w.requires_grad_()
        start = polynomial.pi_net(
            weights, x
        ).detach()  # learn the residual from zero, as the flow does
        trace = (
            2.0 * (degree + 1) / 2 * settings.finite_points
        )  # K(1) is 2 for one factor, 3 for two
        rate = settings.step_share * settings.finite_points / trace * 2
        for _ in range(settings.steps):
            error = polynomial.pi_net(weights, x) - start - wanted
            loss = error.square().mean((1, 2)).sum() / 2
            slopes = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for w, g in zip(weights, slopes, strict=True):
                    w -= rate * g
        left = (wanted + start - polynomial.pi_net(weights, x)).detach().double().cpu().numpy()
        share = np.abs(np.einsum("en,enk->ek", left[..., 0], targets)) / (targets**2).sum(axis=1)
        rows += [
            (name, i, k, share[i, j]) for i in range(settings.draws) for j, k in enumerate(DEGREES)
        ]
    return pd.DataFrame(rows, columns=["net", "seed", "degree", "share"])


def eigenvalue_ratio(spectrum: pd.DataFrame, degree: int) -> float:
    """Return how much larger, relative to degree one, the product's eigenvalue is at `degree`."""
    table = spectrum.pivot(index="degree", columns="net", values="eigenvalue")
    relative = table.loc[degree] / table.loc[1]
    return float(relative["product"] / relative["standard"])
