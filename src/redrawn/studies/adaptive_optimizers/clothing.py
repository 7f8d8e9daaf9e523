"""AdaMomentum and diffGrad against Adam and SGD with momentum: a small convolutional network on pictures of clothing.

Networks of all rates and starts are trained side by side, the network and patches being those of `first_layer`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

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
    "quick": Settings(1024, 3, 5, noise_steps=1000),
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
    images, labels = first_layer.clothes(part)
    count = settings.train if part == "train" else len(images)
    x = first_layer.patches(images[:count])
    return x.to(device), labels[:count].to(device)


class Race:
    """Networks of one method and all its rates, trained side by side; starts and batches are the same for all of them."""

    def __init__(self, settings: Settings, seed: int, device: str):
        source = generator(seed)
        self.s, self.seed, self.device = settings, seed, device
        self.x, self.labels = pictures(settings, "train", device)
        self.tests, self.answers = pictures(settings, "test", device)
        self.starts = settings.seeds + settings.tuning_seeds
        orders = [torch.randperm(settings.train, generator=source) for _ in range(settings.epochs * self.starts)]  # fmt: skip
        self.orders = torch.stack(orders).view(settings.epochs, self.starts, -1).to(device)

    def run(self, method: str, rates: list[float], starts: range) -> list[tuple]:
        """Train some starts at some rates, which fall to zero as a cosine; return rows as `train` does."""
        s = self.s
        nets = first_layer.Nets(s, self.starts, self.seed, self.device, None)
        some = slice(starts.start, starts.stop)
        for group in (nets.weights, nets.biases):
            group[:] = [p.detach()[some].repeat(len(rates), 1, 1).requires_grad_() for p in group]
        each = torch.tensor(rates, device=self.device).repeat_interleave(len(starts))
        run = OwnRates(nets.parameters(), METHODS[method][0], each)
        steps = s.train // s.batch
        for epoch in range(s.epochs):
            for k in range(steps):
                chosen = self.orders[epoch, some, k * s.batch : (k + 1) * s.batch]
                chosen = chosen.repeat(len(rates), 1)
                losses = cross_entropy(nets(self.x[chosen]), self.labels[chosen])
                share = (epoch * steps + k) / (s.epochs * steps)
                gradients = torch.autograd.grad(losses.sum(), nets.parameters())
                run.step(gradients, (1 + np.cos(np.pi * share)) / 2)
        with torch.no_grad():
            right = (nets(self.tests).argmax(-1) == self.answers).float().mean(-1) * 100
        places = [(method, rate, i - s.tuning_seeds) for rate in rates for i in starts]
        found = zip(places, losses.tolist(), right.tolist(), strict=True)
        return [(*place, *line) for place, *line in found]


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train the first starts at every rate, for choosing one, and the others where they are measured.

    That is at the rate chosen, the default, and the default times the ratio of step lengths. Returns (method, rate, seed, loss,
    accuracy), accuracy in %; the starts for choosing have negative seeds.
    """
    race = Race(settings, seed, device)
    columns = ["method", "rate", "seed", "loss", "accuracy"]
    few, others = range(settings.tuning_seeds), range(settings.tuning_seeds, race.starts)
    rows = [row for m, (_, rates) in METHODS.items() for row in race.run(m, rates, few)]
    for method, rate in best_rates(pd.DataFrame(rows, columns=columns)).items():
        wanted = {rate} | {named[method] for named in (DEFAULT, RESCALED) if method in named}
        rows += race.run(method, sorted(wanted), others)
    return pd.DataFrame(rows, columns=columns)


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
