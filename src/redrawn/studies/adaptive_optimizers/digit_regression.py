"""Adam and AMSGrad in logistic regression on digits (Reddi, Kale and Kumar, 2018)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.data import digits
from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.known_gradients import METHODS
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import cross_entropy, generator
from redrawn.studies.tidy import per_seed


@dataclass(frozen=True)
class Settings:
    """Sizes; α and β₂ are the best of a grid, as in the paper, which does not give its own."""

    seeds: int
    epochs: int
    alphas: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    second: tuple[float, ...] = (0.99, 0.999)
    side: int = 14
    batch: int = 128


SETTINGS = {
    "quick": Settings(4, 3, (0.1, 0.3, 1.0)),
    "standard": Settings(8, 10),
    "paper": Settings(10, 100, side=28),
}


def logistic(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Fit digits at every α and β₂; return (method, alpha, second, seed, loss), the loss on all pictures, in nats."""
    source = generator(seed)
    images, labels = digits.mnist(settings.side)
    x = torch.from_numpy(images).float().reshape(len(images), -1).to(device)
    y = torch.from_numpy(labels).to(device)
    alphas, seeds = torch.tensor(settings.alphas, device=device), settings.seeds
    copies = len(alphas) * seeds
    runs = {}
    for method in METHODS:
        for second in settings.second:
            w = torch.zeros(copies, x.shape[1] + 1, 10, device=device)
            make = lambda p, s=second, m=method: optimizers.AMSGrad(  # noqa: E731
                p, 1.0, (0.9, s), largest=m == "AMSGrad"
            )
            runs[method, second] = w, OwnRates([w], make, alphas.repeat_interleave(seeds))
    x = torch.cat([x, torch.ones(len(x), 1, device=device)], 1)
    steps = len(x) // settings.batch
    for epoch in range(settings.epochs):
        order = torch.stack([torch.randperm(len(x), generator=source) for _ in range(seeds)])
        order = order.to(device)
        for k in range(steps):
            chosen = order[:, k * settings.batch : (k + 1) * settings.batch]
            rows = x[chosen].repeat(len(alphas), 1, 1)
            truth = torch.nn.functional.one_hot(y[chosen], 10).repeat(len(alphas), 1, 1)
            factor = (epoch * steps + k + 1) ** -0.5
            for w, run in runs.values():
                error = (rows @ w).softmax(-1) - truth
                run.step([rows.mT @ error / settings.batch], factor)
    found = []
    for (method, second), (w, _) in runs.items():
        losses = cross_entropy(x @ w, y.expand(copies, -1)).view(len(alphas), seeds).tolist()
        for alpha, line in zip(settings.alphas, losses, strict=True):
            found += [(method, alpha, second, i, v) for i, v in enumerate(line)]
    return pd.DataFrame(found, columns=["method", "alpha", "second", "seed", "loss"])


def best(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {method: losses by seed} at the α and β₂ of least mean loss."""
    means = frame.groupby(["method", "alpha", "second"]).loss.mean()
    found = {}
    for method in METHODS:
        alpha, second = means[method].idxmin()
        chosen = frame[(frame.alpha == alpha) & (frame.second == second)]
        found |= per_seed(chosen[chosen.method == method], "method", "loss")
    return found
