"""Local Lipschitz constants of trained perceptrons, by every method (Shi et al., NeurIPS 2022)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import digits
from redrawn.methods.lipschitz.jacobian_interval import jacobian
from redrawn.methods.lipschitz.jacobian_linear import linear_constant
from redrawn.methods.lipschitz.perceptron_descent import init_layers
from redrawn.methods.lipschitz.preactivation_bounds import linear_bounds
from redrawn.studies import ensemble
from redrawn.studies.lipschitz_estimation.local_ladder import of_all

CLASSES = 10
DIMENSION = 16
"""Of the synthetic data."""
TRAINED = 0.7
"""Share of the samples that networks are trained on."""
SYNTHETIC_STEPS = 280
"""Ten epochs of 7,000 samples in batches of 256."""


@dataclass(frozen=True)
class Settings:
    """Sizes of what is measured; data, networks and training on the synthetic set are the paper's."""

    seeds: int = 6
    inputs: int = 3
    radii: tuple[float, ...] = (4 / 255, 16 / 255, 0.1)
    digit_radii: tuple[float, ...] = (1 / 255, 4 / 255, 16 / 255)
    digit_steps: int = 400
    widths: tuple[int, ...] = (8, 16, 32, 64)
    depths: tuple[int, ...] = (2, 3, 4)
    size_radius: float = 0.1
    exact_width: int = 16
    rounds: int = 6
    samples: int = 200


SETTINGS = {
    "quick": Settings(),
    "standard": Settings(inputs=6, radii=(4 / 255, 16 / 255, 0.1, 0.15),
                         digit_radii=(1 / 255, 4 / 255, 8 / 255, 16 / 255), digit_steps=2350,
                         widths=(16, 32, 64, 128), depths=(2, 3, 4, 5, 6, 7), exact_width=32,
                         rounds=40, samples=1000),
    "paper": Settings(inputs=100, radii=(4 / 255, 16 / 255, 0.1, 0.15),
                      digit_radii=(1 / 255, 4 / 255, 8 / 255, 16 / 255), digit_steps=2350,
                      widths=(16, 32, 64, 128, 256, 512), depths=(2, 3, 4, 5, 6, 7, 8),
                      exact_width=64, rounds=400, samples=1000),
}  # fmt: skip


def random_k(seeds: int, source: torch.Generator, points: int = 10_000):
    """Return the authors' synthetic data: points (s, n, d) in [0, 1], each with the label of the nearest of 5 d leaders, (s, n)."""
    count = 5 * DIMENSION
    x = torch.rand((seeds, points, DIMENSION), generator=source)
    leaders = torch.rand((seeds, points), generator=source).topk(count).indices
    labels = torch.randint(CLASSES, (seeds, count), generator=source)
    each = torch.arange(seeds)[:, None]
    return x, labels.gather(1, torch.cdist(x, x[each, leaders]).argmin(-1))


def shuffled_digits(seeds: int, source: torch.Generator):
    """Return the digits in another order for each seed: pixels (s, n, 784) in [0, 1] and labels (s, n)."""
    x, y = (torch.from_numpy(part) for part in digits.mnist())
    order = torch.rand((seeds, len(y)), generator=source).argsort()
    return x.flatten(1).float()[order], y[order]


def train(sizes, x, y, steps: int, source: torch.Generator, device: str, batch: int = 256):
    """Train a perceptron for each set, by Adam with rate 0.001; return each one's layers in double precision.

    Args:
        sizes: units from input to output.
        x: inputs (s, n, d).
        y: labels (s, n).
        steps: batches drawn with replacement.
        source: of initial weights, which are torch's own, and batches.
        device: of weights and data.
        batch: samples in one.
    """
    layers = init_layers(sizes, len(x), source, device=device)
    x, y, each = x.to(device), y.to(device), torch.arange(len(x), device=device)[:, None]

    def loss():
        chosen = torch.randint(x.shape[1], (len(x), batch), generator=source).to(device)
        a = x[each, chosen].mT
        for weight, bias in layers[:-1]:
            a = torch.baddbmm(bias[..., None], weight, a).relu()
        weight, bias = layers[-1]
        logits = torch.baddbmm(bias[..., None], weight, a).mT
        return ensemble.cross_entropy(logits, y.gather(1, chosen))

    ensemble.train(ensemble.leaves(layers), loss, steps, 0.001)
    return [
        [(w[i].detach().double(), b[i].detach().double()) for w, b in layers] for i in range(len(x))
    ]


def point_deviation(layers, centres, radius: float = 1e-9) -> float:
    """Return the largest relative deviation of our bound from the gradient's norm, over boxes that are hardly more than a point."""
    box = centres - radius, centres + radius
    norms = jacobian(layers, centres).abs().sum(-1).amax(-1)
    return (linear_constant(layers, linear_bounds(layers, *box)) / norms - 1).abs().max().item()


def ladder(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Measure every method over radii, on the synthetic data with 16 units a layer and on digits with 20.

    Returns:
        A frame (data, seed, radius, method, input, constant, seconds), and what `point_deviation` returns, one a seed.
    """
    frames, deviations = [], []
    for data, draw, width, steps, radii in (
        ("random-k", random_k, 16, SYNTHETIC_STEPS, settings.radii),
        ("digits", shuffled_digits, 20, settings.digit_steps, settings.digit_radii),
    ):
        source = ensemble.generator(seed)
        x, y = draw(settings.seeds, source)
        count = int(TRAINED * x.shape[1])
        sizes = (x.shape[2], width, width, CLASSES)
        nets = train(sizes, x[:, :count], y[:, :count], steps, source, device)
        centres = x[:, count : count + settings.inputs].double().to(device)
        exact, effort = data == "random-k", (settings.samples, settings.rounds)
        found = of_all(nets, centres, radii, source, *effort, exact)
        frames.append(found.assign(data=data))
        deviations.append([point_deviation(*each) for each in zip(nets, centres, strict=True)])
    return pd.concat(frames, ignore_index=True), np.max(deviations, 0)


def sizes(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Measure every method over widths, with two hidden layers, and over depths, with 32 units, on the synthetic data.

    Returns:
        A frame (sweep, size, seed, radius, method, input, constant, seconds); depth counts layers with weights.
    """
    source = ensemble.generator(seed)
    x, y = random_k(settings.seeds, source)
    count = int(TRAINED * x.shape[1])
    centres = x[:, count : count + settings.inputs].double().to(device)
    frames = []
    for sweep, numbers in (("width", settings.widths), ("depth", settings.depths)):
        for size in numbers:
            hidden = (size, size) if sweep == "width" else (32,) * (size - 1)
            shape = (DIMENSION, *hidden, CLASSES)
            nets = train(shape, x[:, :count], y[:, :count], SYNTHETIC_STEPS, source, device)
            exact = sweep == "width" and size <= settings.exact_width
            radii, effort = (settings.size_radius,), (settings.samples, settings.rounds)
            found = of_all(nets, centres, radii, source, *effort, exact)
            frames.append(found.assign(sweep=sweep, size=size))
    return pd.concat(frames, ignore_index=True)
