"""Phase retrieval: normalised, clipped and plain descent, and SPIDER against stochastic ones (Chen et al., ICML 2023).

f(z) = ½ mean (y − (aᵀz)²)², y = (aᵀz*)² + noise. Sizes, starts and step sizes are those of the authors' code, and so is
its gradient, half of f's.
"""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; a seed is a draw of everything, `look` the samples between two looks at the objective."""

    equations: int = 3000
    unknowns: int = 100
    noise: float = 4.0
    steps: int = 500
    level: float = 20.0
    warm_up: int = 100
    batch: int = 50
    samples: int = 25_000
    period: int = 5
    look: int = 1000
    seeds: int = 10


SETTINGS = {"quick": Settings(steps=120, seeds=6), "standard": Settings()}
SETTINGS["paper"] = SETTINGS["standard"]

DETERMINISTIC = {
    "1/3-GD": (optimizers.NormalizedDescent, {"lr": 0.03, "beta": 1 / 3}),
    "2/3-GD": (optimizers.NormalizedDescent, {"lr": 0.1, "beta": 2 / 3}),
    "clipped GD": (optimizers.ClippedDescent, {"lr": 0.9, "threshold": 100.0}),
    "GD": (optimizers.NormalizedDescent, {"lr": 8e-4, "beta": 0.0}),
    "1-GD": (optimizers.NormalizedDescent, {"lr": 0.2, "beta": 1.0}),
}
STOCHASTIC = {
    "SPIDER": (optimizers.Spider, {"lr": 0.01}),
    "normalised SGD": (optimizers.NormalizedDescent, {"lr": 2e-3, "beta": 1.0}),
    "SGD": (optimizers.NormalizedDescent, {"lr": 2e-4, "beta": 0.0}),
    "clipped SGD": (optimizers.ClippedDescent, {"lr": 0.3, "threshold": 1000.0}),
}


class Problem:
    """Independent draws side by side: vectors a (s, m, d), measurements y (s, m) and starts z (s, d)."""

    def __init__(self, settings: Settings, seed: int, device: str):
        source = generator(seed)
        s, m, d = settings.seeds, settings.equations, settings.unknowns
        a, truth, start = (
            torch.randn(shape, generator=source) / 2**0.5 for shape in ((s, m, d), (s, d), (s, d))
        )
        clean = torch.einsum("smd,sd->sm", a, truth).square()
        y = clean + settings.noise * torch.randn(clean.shape, generator=source)
        self.a, self.y, self.start = a.to(device), y.to(device), (start + 5).to(device)
        self.source = source

    def evaluate(self, z, rows=slice(None)):
        """Return f on some equations, (s, k), and half of its gradient, (s, k, d), at k points of each draw."""
        a, y = self.a[:, rows], self.y[:, None, rows]
        product = z @ a.mT
        excess = product.square() - y
        return excess.square().mean(-1) / 2, (product * excess) @ a / a.shape[1]

    def batch(self, size: int):
        """Draw equations for one step, each batch apart from the others."""
        drawn = torch.randint(self.y.shape[1], (size,), generator=self.source)
        return drawn.to(self.y.device)


def _closure(problem, z, rows):
    def closure():
        losses, gradients = problem.evaluate(z.detach()[:, None], rows)
        z.grad = gradients[:, 0]
        return losses[:, 0]

    return closure


def descend(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Descend on all equations by each method; return (step, seed, method, objective)."""
    problem = Problem(settings, seed, device)
    z = [problem.start.clone() for _ in DETERMINISTIC]
    runs = [
        make([p], batched=True, **constants)
        for p, (make, constants) in zip(z, DETERMINISTIC.values(), strict=True)
    ]
    objectives = []
    for _ in range(settings.steps):
        # all methods at once: the equations, which are many, are read once
        losses, gradients = problem.evaluate(torch.stack(z, 1))
        objectives.append(losses)
        for p, gradient, run in zip(z, gradients.unbind(1), runs, strict=True):
            p.grad = gradient
            run.step()
    axes = {"step": range(settings.steps), "seed": range(settings.seeds), "method": DETERMINISTIC}
    index = pd.MultiIndex.from_product(axes.values(), names=axes)
    return pd.Series(
        torch.stack(objectives).flatten().tolist(), index, name="objective"
    ).reset_index()


def first_below(settings: Settings, frame: pd.DataFrame) -> dict[str, list[int]]:
    """Return each method's first step with an objective below the level, one a seed; the budget where there is none."""
    seeds = range(settings.seeds)
    reached = frame[frame.objective < settings.level].groupby(["method", "seed"]).step.min()
    return {m: [int(reached.get((m, i), settings.steps)) for i in seeds] for m in DETERMINISTIC}


def sample(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Start where ⅔-GD is after its warm-up, and run the stochastic methods; return (method, seed, samples, objective).

    The objective is that of all equations.
    """
    problem = Problem(settings, seed, device)
    warm = problem.start.clone().requires_grad_()
    make, constants = DETERMINISTIC["2/3-GD"]
    run = make([warm], batched=True, **constants)
    for _ in range(settings.warm_up):
        run.step(_closure(problem, warm, slice(None)))
    rows = []
    for method, (make, constants) in STOCHASTIC.items():
        z = warm.detach().clone().requires_grad_()
        run = make([z], batched=True, **constants)
        samples = step = 0
        looked = []
        while samples < settings.samples:
            if samples >= len(looked) * settings.look:
                looked.append(samples)
                objective = problem.evaluate(z.detach()[:, None])[0][:, 0].tolist()
                rows += [(method, i, samples, v) for i, v in enumerate(objective)]
            large = method == "SPIDER" and step % settings.period == 0
            batch = slice(None) if large else problem.batch(settings.batch)
            options = {"refresh": large} if method == "SPIDER" else {}
            run.step(_closure(problem, z, batch), **options)
            samples += settings.equations if large else settings.batch
            step += 1
        objective = problem.evaluate(z.detach()[:, None])[0][:, 0].tolist()
        rows += [(method, i, settings.samples, v) for i, v in enumerate(objective)]
    return pd.DataFrame(rows, columns=["method", "seed", "samples", "objective"])


def last(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the last objective of SPIDER, and of the best of the other methods, one a seed."""
    end = frame[frame.samples == frame.samples.max()].pivot(
        index="seed", columns="method", values="objective"
    )
    others = end.drop(columns="SPIDER")
    return {"SPIDER": end["SPIDER"].tolist(), "best other": others.min(axis=1).tolist()}
