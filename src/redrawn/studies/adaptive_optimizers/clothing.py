"""AdaMomentum and diffGrad against Adam and SGD with momentum: a small convolutional network on pictures of clothing.

Networks of all rates and starts are trained side by side, the network and patches being those of `first_layer`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import fashion
from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers import first_layer
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import cross_entropy, generator
from redrawn.studies.tidy import per_seed

# a factor of √4.36 apart, 4.36 being √((1 + β₁)/(1 − β₁))
ADAM_RATES = (0.001, 0.00209, 0.00436, 0.0091, 0.019, 0.0397)
MOMENTUM = 0.9
DEFAULT = {"Adam": 0.001, "AdaMomentum": 0.001}
RESCALED = {"Adam": 0.00436}


@dataclass(frozen=True)
class Settings:
    """Sizes; `channels` and `hidden` are those of the network."""

    train: int
    epochs: int
    seeds: int
    tuning_seeds: int = 2
    batch: int = 64
    channels: int = 8
    hidden: int = 32
    noise_steps: int = 2000
    noise_coordinates: int = 500


SETTINGS = {
    "quick": Settings(1280, 4, 5),
    "standard": Settings(6000, 4, 10, tuning_seeds=3),
    # batches, epochs and seeds of AdaMomentum's code for CIFAR-10, on all pictures that there are
    "paper": Settings(6000, 200, 5, tuning_seeds=3, batch=128, channels=64, hidden=512),
}

METHODS = {
    "SGD with momentum": (
        lambda p: torch.optim.SGD(p, 1.0, MOMENTUM),
        (0.01, 0.02, 0.04, 0.08, 0.16, 0.32),
    ),
    "Adam": (lambda p: torch.optim.Adam(p, 1.0), ADAM_RATES),
    "AdaMomentum": (lambda p: optimizers.AdaMomentum(p, 1.0), ADAM_RATES),
    "diffGrad": (lambda p: optimizers.DiffGrad(p, 1.0), ADAM_RATES),
}


def pictures(settings: Settings, part: str, device: str):
    """Return the patches of pictures, (n, POSITIONS, PATCH²), and their classes."""
    images, labels = fashion.fashion_mnist(part, first_layer.SIDE)
    images = torch.from_numpy(np.ascontiguousarray(images)).float()
    images = (images - images.mean()) / images.std()
    count = settings.train if part == "train" else len(images)
    x = first_layer.patches(images[:count])
    return x.to(device), torch.from_numpy(labels[:count]).to(device)


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train at every rate, which falls to zero as a cosine; return (method, rate, seed, loss, accuracy), accuracy in %.

    The first starts are for choosing a rate, and have negative seeds. Starts and batches are the same for all methods and rates.
    """
    source = generator(seed)
    x, labels = pictures(settings, "train", device)
    tests, answers = pictures(settings, "test", device)
    starts = settings.seeds + settings.tuning_seeds
    steps = settings.train // settings.batch
    orders = [torch.randperm(settings.train, generator=source) for _ in range(settings.epochs * starts)]  # fmt: skip
    orders = torch.stack(orders).view(settings.epochs, starts, -1).to(device)
    rows = []
    for method, (make, rates) in METHODS.items():
        nets = first_layer.Nets(settings, starts, seed, device, None)
        for group in (nets.weights, nets.biases):
            group[:] = [p.detach().repeat(len(rates), 1, 1).requires_grad_() for p in group]
        each = torch.tensor(rates, device=device).repeat_interleave(starts)
        run = OwnRates(nets.parameters(), make, each)
        for epoch in range(settings.epochs):
            for k in range(steps):
                chosen = orders[epoch, :, k * settings.batch : (k + 1) * settings.batch]
                chosen = chosen.repeat(len(rates), 1)
                losses = cross_entropy(nets(x[chosen]), labels[chosen])
                share = (epoch * steps + k) / (settings.epochs * steps)
                gradients = torch.autograd.grad(losses.sum(), nets.parameters())
                run.step(gradients, (1 + np.cos(np.pi * share)) / 2)
        with torch.no_grad():
            right = (nets(tests).argmax(-1) == answers).float().mean(-1) * 100
        table = zip(losses.view(len(rates), -1).tolist(), right.view(len(rates), -1).tolist(), strict=True)  # fmt: skip
        for rate, (loss, accuracy) in zip(rates, table, strict=True):
            both = zip(loss, accuracy, strict=True)
            rows += [(method, rate, i - settings.tuning_seeds, *line) for i, line in enumerate(both)]  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "rate", "seed", "loss", "accuracy"])


def best_rates(frame: pd.DataFrame) -> dict[str, float]:
    """Return each method's rate of highest mean accuracy over the starts that are for choosing it."""
    means = frame[frame.seed < 0].groupby(["method", "rate"]).accuracy.mean()
    return {method: float(means[method].idxmax()) for method in METHODS}


def accuracies(frame: pd.DataFrame, rates: dict[str, float]) -> dict[str, list[float]]:
    """Return {method: accuracies at its rate, one a seed}."""
    chosen = frame[(frame.seed >= 0) & (frame.rate == frame.method.map(rates))]
    return {m: v for m, v in per_seed(chosen, "method", "accuracy").items() if m in rates}


def only(found: dict[str, list[float]], *methods: str) -> dict[str, list[float]]:
    """Return the accuracies of some methods."""
    return {method: found[method] for method in methods}


def step_ratio(settings: Settings, seed: int, device: str) -> list[float]:
    """Return AdaMomentum's root mean square step over Adam's on gradients of pure noise, one a seed.

    The first half of the steps, in which the averages forget their start, is left out.
    """
    source = generator(seed)
    shape = (settings.seeds, settings.noise_coordinates)
    rows = {m: torch.zeros(shape, device=device) for m in ("Adam", "AdaMomentum")}
    runs = {m: METHODS[m][0]([row]) for m, row in rows.items()}
    squares = dict.fromkeys(rows, 0.0)
    for k in range(settings.noise_steps):
        gradient = torch.randn(shape, generator=source).to(device)
        for method, row in rows.items():
            row.zero_().grad = gradient
            runs[method].step()
            if 2 * k >= settings.noise_steps:
                squares[method] = squares[method] + row.square().mean(1)
    return (squares["AdaMomentum"] / squares["Adam"]).sqrt().tolist()
