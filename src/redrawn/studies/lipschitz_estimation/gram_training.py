"""Training a small convolutional network on Fashion-MNIST with a penalty on its layers' bounds (Delattre et al.)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from redrawn.data.fashion import fashion_mnist
from redrawn.methods.lipschitz.circular_convolution import circular_norm, convolution_gram_gradient
from redrawn.methods.lipschitz.four_unfoldings import unfolding_bounds
from redrawn.methods.lipschitz.sampled_toeplitz import sampled_toeplitz_bound
from redrawn.studies.ensemble import copies, cross_entropy, generator
from redrawn.studies.tidy import per_seed

SIDE, SIDES = 14, (14, 7, 3)
"""Pixels along an edge: of pictures, and of what each convolution reads."""


@dataclass(frozen=True)
class Settings:
    """Sizes of the network and of training, and the authors' weight and threshold of the penalty."""

    seeds: int
    width: int
    pictures: int
    steps: int
    batch: int = 50
    weight: float = 0.1
    threshold: float = 1.0
    learning_rate: float = 0.05
    momentum: float = 0.9


SETTINGS = {
    "quick": Settings(4, 6, 2000, 60, 32),
    "standard": Settings(10, 8, 6000, 600),
    "paper": Settings(10, 32, 6000, 6000, 100),
}
Parameters = list[Tensor]
"""Kernel (e, o, i, k, k) and bias (e, o) of each convolution, weight (e, d, 10) and bias (e, 1, 10) of the last layer."""


def start(settings: Settings, source: torch.Generator, count: int, device: str) -> Parameters:
    """Draw He's start of each seed, and return it `count` times over."""
    w, seeds = settings.width, settings.seeds

    def he(fan_in: int, *shape: int) -> Tensor:
        return torch.randn((seeds, *shape), generator=source) * (2 / fan_in) ** 0.5

    parameters = []
    for i, o in ((1, w), (w, 2 * w), (2 * w, 2 * w)):
        parameters += [he(9 * i, o, i, 3, 3), torch.zeros(seeds, o)]
    features = 2 * w * SIDES[-1] ** 2
    parameters += [he(features, features, 10), torch.zeros(seeds, 1, 10)]
    return [copies(p, count).to(device) for p in parameters]


def logits(
    parameters: Parameters,
    pictures: Float[Tensor, "e n s s"],
    statistics: list[tuple[Tensor, Tensor]] | None,
    training: bool,
) -> Float[Tensor, "e n 10"]:
    """Return each network's outputs: three convolutions that pad zeros, with ReLU, and pooling of maxima after two.

    With `statistics`, running means and variances a convolution, outputs are normalised over the batch before the bias is
    added, as by BatchNorm without its factor; they are updated in training.
    """
    networks, hidden = len(pictures), pictures.transpose(0, 1)
    for layer in range(3):
        kernel, bias = parameters[2 * layer : 2 * layer + 2]
        hidden = functional.conv2d(hidden, kernel.flatten(0, 1), padding=1, groups=networks)
        if statistics:
            hidden = functional.batch_norm(hidden, *statistics[layer], training=training)
        hidden = (hidden + bias.view(-1, 1, 1)).relu()
        if layer < 2:
            hidden = functional.max_pool2d(hidden, 2)
    features = hidden.unflatten(1, (networks, -1)).transpose(0, 1).flatten(2)
    return torch.baddbmm(parameters[-1], features, parameters[-2])


def gram_bound(kernel: Float[Tensor, "e o i k k"], n: int) -> Float[Tensor, " e"]:
    """Return the Gram bound after 6 steps, which autograd takes to the closed form: its product with the kernel is the bound."""
    _, slope = convolution_gram_gradient(kernel.detach(), n, 6)
    return (slope * kernel).sum((-4, -3, -2, -1))


PENALTIES = {
    "Gram": gram_bound,
    "four unfoldings": lambda kernel, n: unfolding_bounds(kernel).amin(-1),
    "sampled": lambda kernel, n: sampled_toeplitz_bound(kernel, 10),
}


def train(settings: Settings, normalised: bool, seed: int, device: str) -> pd.DataFrame:
    """Return (normalised, method, seed, accuracy, product, last) of networks without a penalty and with each one, side by side.

    `product` is that of the convolutions' exact circular norms, at the sizes of their inputs, and `last` the norm of the
    last layer, which no penalty touches, as in the authors' training.
    """
    source, seeds = generator(seed), settings.seeds
    groups = ("none", *PENALTIES)
    rows = {m: slice(g * seeds, (g + 1) * seeds) for g, m in enumerate(groups)}
    parameters = start(settings, source, len(groups), device)
    widths = [bias.numel() for bias in parameters[1:6:2]]
    pairs = [(torch.zeros(w, device=device), torch.ones(w, device=device)) for w in widths]
    statistics = pairs if normalised else None
    images, labels, unseen, truth = (
        torch.from_numpy(part).to(device)
        for name in ("train", "test")
        for part in fashion_mnist(name, SIDE)
    )
    speeds = [torch.zeros_like(p) for p in parameters]
    for step in range(settings.steps):
        batch = torch.randint(settings.pictures, (seeds, settings.batch), generator=source)
        batch = batch.repeat(len(groups), 1)
        for p in parameters:
            p.requires_grad_()
        outputs = logits(parameters, images[batch], statistics, training=True)
        loss = cross_entropy(outputs, labels[batch]).sum()
        for kernel, n in zip(parameters[:6:2], SIDES, strict=True):
            for method, penalty in PENALTIES.items():
                bound = penalty(kernel[rows[method]], n)
                loss = loss + settings.weight * (bound * (bound > settings.threshold)).sum()
        slopes = torch.autograd.grad(loss, parameters)
        rate = settings.learning_rate * (1 + math.cos(math.pi * step / settings.steps)) / 2
        with torch.no_grad():
            for p, speed, slope in zip(parameters, speeds, slopes, strict=True):
                p.sub_(speed.mul_(settings.momentum).add_(slope), alpha=rate)
    parameters = [p.detach() for p in parameters]
    found = [  # parts, as features of all networks and pictures at once take a gigabyte
        logits(parameters, part.expand(len(speeds[0]), -1, -1, -1), statistics, False).argmax(-1)
        for part in unseen.split(200)
    ]
    norms = [circular_norm(k.double(), n) for k, n in zip(parameters[:6:2], SIDES, strict=True)]
    columns = {
        "accuracy": (torch.cat(found, 1) == truth).double().mean(1),
        "product": torch.stack(norms).prod(0),
        "last": torch.linalg.matrix_norm(parameters[-2], ord=2),
    }
    names = [(normalised, m, i) for m in groups for i in range(seeds)]
    return pd.DataFrame(names, columns=["normalised", "method", "seed"]).assign(
        **{name: values.cpu().numpy() for name, values in columns.items()}
    )


def train_all(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train with BatchNorm, as the authors, and without it."""
    runs = [train(settings, normalised, seed, device) for normalised in (True, False)]
    return pd.concat(runs, ignore_index=True)


def gains(frame: pd.DataFrame, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return Gram's test accuracy less that without a penalty, and less the better one of the other bounds, by seed."""
    rows = frame[frame.normalised == normalised]
    found = {m: np.array(v) for m, v in per_seed(rows, "method", "accuracy").items()}
    others = np.maximum(found["four unfoldings"], found["sampled"])
    return found["Gram"] - found["none"], found["Gram"] - others
