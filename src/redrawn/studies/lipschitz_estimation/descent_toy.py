"""Three bells on the plane: the lower constant against the true one, while a network trains (Khromov and Singh)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from redrawn.methods.lipschitz import network_constants as constants
from redrawn.methods.lipschitz import perceptron_descent as perceptrons
from redrawn.studies.ensemble import cross_entropy, generator

CLASSES, RADIUS, HALF = 3, 1.5, 5.0
"""Number of bells, distance of their centres from the origin, and half an edge of the square that is searched."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the paper's but for the number of steps and of points along an edge of the searched square."""

    steps: int
    side: int
    looks: int
    seeds: int = 4
    hidden: int = 100
    samples: int = 15
    rate: float = 0.02


SETTINGS = {
    "quick": Settings(2000, 80, 4, seeds=6, rate=0.1),
    "standard": Settings(100_000, 300, 12),
    "paper": Settings(100_000, 1000, 20),
}


def bells(settings: Settings, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return samples (e, n, 2) of each seed, of variance one about centres 120° apart, and labels (n,)."""
    angles = math.pi * (1.5 + 2 / 3 * torch.arange(CLASSES))
    centres = RADIUS * torch.stack([angles.cos(), angles.sin()], 1)
    labels = torch.arange(CLASSES).repeat_interleave(settings.samples)
    noise = torch.randn((settings.seeds, len(labels), 2), generator=source)
    return centres[labels] + noise, labels


def run(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train by descent on all samples, and look at steps spaced evenly in the logarithm.

    Returns:
        A frame (seed, step, lower, effective, upper, loss): `effective` is the largest Jacobian on a square lattice over
        [-5, 5]² and on the samples.
    """
    source = generator(seed)
    x, labels = bells(settings, source)
    x, target = x.to(device), functional.one_hot(labels, CLASSES).float().to(device)
    labels = labels.expand(settings.seeds, -1).to(device)
    widths = [2, settings.hidden, settings.hidden, CLASSES]
    layers = perceptrons.init_layers(widths, settings.seeds, source, device=device)
    line = torch.linspace(-HALF, HALF, settings.side, device=device)
    lattice = torch.cartesian_prod(line, line)
    looks = set(np.geomspace(settings.steps / 100, settings.steps, settings.looks).round())
    frames = []
    for step in range(1, settings.steps + 1):
        perceptrons.descend(layers, perceptrons.gradient(layers, x, target), settings.rate)
        if step in looks:
            found = constants.network_constants(layers, x)
            wide = constants.network_constants(layers, lattice).lower
            outputs = perceptrons.activations(layers, x)[-1].mT
            values = {"lower": found.lower, "effective": torch.maximum(found.lower, wide),
                      "upper": found.upper, "loss": cross_entropy(outputs, labels)}  # fmt: skip
            columns = {name: value.cpu().numpy() for name, value in values.items()}
            frames.append(pd.DataFrame({"seed": range(settings.seeds), "step": step} | columns))
    return pd.concat(frames, ignore_index=True)


def growth(frame: pd.DataFrame) -> np.ndarray:
    """Return the lower constant at the last look over that at the first, one value a seed."""
    table = frame.pivot(index="seed", columns="step", values="lower")
    return (table.iloc[:, -1] / table.iloc[:, 0]).to_numpy()
