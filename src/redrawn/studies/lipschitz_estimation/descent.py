"""Lipschitz constants, losses and variance of perceptrons against their width (Khromov and Singh)."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from redrawn.data.mnist1d import mnist1d
from redrawn.methods.lipschitz import network_constants as constants
from redrawn.methods.lipschitz import perceptron_descent as perceptrons
from redrawn.methods.lipschitz import variance_bound
from redrawn.studies.ensemble import cross_entropy, generator

CONSTANTS = ("lower", "mean", "upper")
INPUTS, CLASSES = 40, 10


@dataclass(frozen=True)
class Settings:
    """Sizes; samples are the first of the training part, epochs and rate the same for every width."""

    samples: int
    widths: tuple[int, ...]
    epochs: int
    batch: int
    rate: float
    seeds: int = 6

    @property
    def threshold(self) -> float:
        """Return the width of as many weights as samples."""
        return self.samples / (INPUTS + CLASSES)


SETTINGS = {
    "quick": Settings(500, (4, 8, 12, 16, 24, 64), 1000, 250, 0.5),
    "standard": Settings(4000, (16, 32, 64, 80, 96, 128, 192, 256, 512), 1200, 500, 0.3),
    "paper": Settings(
        4000, (16, 32, 64, 80, 96, 128, 256, 512, 1024, 2048, 4096), 10_000, 512, 0.005, seeds=4
    ),
}


def train(
    layers: perceptrons.Layers, x: Tensor, target: Tensor, settings, relu_output: bool
) -> None:
    """Train all networks in place by mini-batches in a fixed order.

    The rate rises in a straight line over the first quarter of the updates, and then stays; `settings` has rate, batch
    and epochs.
    """
    batches = list(zip(x.split(settings.batch), target.split(settings.batch, -2), strict=True))
    warm, update = settings.epochs * len(batches) / 4, 0
    for _ in range(settings.epochs):
        for inputs, goal in batches:
            update += 1
            slopes = perceptrons.gradient(layers, inputs, goal, relu_output)
            perceptrons.descend(layers, slopes, settings.rate * min(1, update / warm))


def signals(part: str, device: str, count: int | None = None) -> tuple[Tensor, Tensor]:
    """Return MNIST-1D's first signals (n, 40) and labels (n,)."""
    x, labels = mnist1d(part)
    return torch.from_numpy(x[:count]).to(device), torch.from_numpy(labels[:count]).to(device)


def sweep(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train a hidden layer of each width, without biases and with a ReLU on the outputs.

    Returns:
        A frame (width, seed, lower, mean, upper, train, test, accuracy, slope, variance, bound): constants on the
        training samples; losses in nats; accuracy on training samples; norm of the loss's gradient; variance of the
        outputs over seeds on the test samples, and the bound on it from the lower constants.
    """
    x, labels = signals("train", device, settings.samples)
    fresh, answers = signals("test", device)
    target = functional.one_hot(labels, CLASSES).float()
    source = generator(seed)
    frames = []
    for width in settings.widths:
        sizes = [INPUTS, width, CLASSES]
        layers = perceptrons.init_layers(sizes, settings.seeds, source, biases=False, device=device)
        train(layers, x, target, settings, relu_output=True)
        found = look(layers, x, labels, fresh, answers)
        slopes = perceptrons.gradient(layers, x, target, relu_output=True)
        found["slope"] = sum(g.square().sum((1, 2)) for g, _ in slopes).sqrt()
        columns = {name: values.cpu().numpy() for name, values in found.items()}
        frames.append(pd.DataFrame({"width": width, "seed": range(settings.seeds)} | columns))
    return pd.concat(frames, ignore_index=True)


def look(layers: perceptrons.Layers, x, labels, fresh, answers) -> dict[str, Tensor]:
    """Return constants, losses, accuracy, variance and its bound, one value a network."""
    found = constants.network_constants(layers, x, relu_output=True)._asdict()
    outputs, tested = (perceptrons.activations(layers, part, True)[-1].mT for part in (x, fresh))
    networks = len(outputs)
    found["train"] = cross_entropy(outputs, labels.expand(networks, -1))
    found["test"] = cross_entropy(tested, answers.expand(networks, -1))
    found["accuracy"] = (outputs.argmax(-1) == labels).float().mean(-1)
    found["variance"] = variance_bound.variances(tested)
    # the mean network's Jacobian is the mean of the Jacobians
    parts = [constants.jacobians(layers, p, relu_output=True).mean(0) for p in x.split(1000)]
    average = torch.cat([constants.spectral_norms(p) for p in parts]).amax()
    found["bound"] = variance_bound.variance_bound(average, found["lower"], fresh)
    return found
