"""The walk away from the start, and what closes the gap of large batches (Hoffer, Hubara and Soudry)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.batch_size import ghost_batch_norm
from redrawn.methods.classifiers import init_perceptron
from redrawn.methods.recurrent import rescale
from redrawn.studies.edge_of_stability.clothes import clothes, epochs
from redrawn.studies.ensemble import cross_entropy, generator

SHAPES = {"linear": lambda t: t, "root": np.sqrt, "logarithm": np.log}


@dataclass(frozen=True)
class Settings:
    """Sizes; `seeds` walk and `runs` compare accuracies; momentum, weight decay and the tenfold falls of the step size are those of the paper's perceptron."""

    pictures: int
    epochs: int
    walk: int
    width: int
    seeds: int
    runs: int
    hidden: int = 2
    side: int = 14
    small: int = 32
    large: int = 256
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    clip: float = 5.0
    falls: tuple[float, ...] = (0.5, 0.75)
    looks: int = 40
    first_look: int = 20


SETTINGS = {
    "quick": Settings(1024, 10, 300, 48, 6, 10),
    "standard": Settings(2048, 16, 5000, 64, 6, 10),
    # the perceptron, batches and rates that the paper has on MNIST, and the steps of its walk, on all pictures there are
    "paper": Settings(
        6000,
        50,
        60_000,
        512,
        5,
        20,
        hidden=5,
        side=28,
        small=128,
        large=2048,
        falls=(0.2, 0.4, 0.6),
    ),
}


class Network:
    """Perceptrons with hidden layers that are normalised, by ghosts, before ReLU; one slice a network."""

    def __init__(self, layers: list):
        self.layers = [tuple(p.clone().requires_grad_() for p in layer) for layer in layers]
        hidden = [bias.detach() for _, bias in layers[:-1]]
        self.gains = [torch.ones_like(b).requires_grad_() for b in hidden]
        self.running = [(torch.zeros_like(b), torch.ones_like(b)) for b in hidden]

    def parameters(self) -> list:
        """Return all that is trained."""
        return [p for layer in self.layers for p in layer] + self.gains

    def scores(self, x, ghost: int = 0):
        """Return outputs for x (e, b, d): in training with ghosts, else by the running statistics."""
        for (w, b), gain, running in zip(self.layers, self.gains, self.running, strict=False):
            x = x @ w
            if ghost:
                x = ghost_batch_norm(x, ghost, running)
            else:
                x = (x - running[0]) * (running[1] + 1e-5).rsqrt()
            x = torch.relu(gain * x + b)
        w, b = self.layers[-1]
        return x @ w + b


def train(settings: Settings, start: list, x, y, order, ghost: int, rates, looks=()):
    """Train from a start; return the networks and {step: distance from the start}, one value a network.

    Args:
        settings: of momentum, weight decay and clipping.
        start: layers.
        x: pictures.
        y: classes.
        order: places in batches, (steps, e, b).
        ghost: samples a ghost.
        rates: a step size for every step.
        looks: steps after which the distance is wanted.
    """
    network = Network(start)
    held = network.parameters()
    before = [p.detach().clone() for p in held]
    optimizer = torch.optim.SGD(
        held, rates[0], settings.momentum, weight_decay=settings.weight_decay
    )
    threshold = held[0].new_full((len(held[0]),), settings.clip).detach()
    distances = {}
    for step, (places, rate) in enumerate(zip(order, rates, strict=True), 1):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        cross_entropy(network.scores(x[places], ghost), y[places]).sum().backward()
        for p, g in zip(held, rescale([p.grad for p in held], threshold), strict=True):
            p.grad = g
        optimizer.step()
        if step in looks:
            parts = zip(held, before, strict=True)
            moved = sum((p.detach() - q).flatten(1).square().sum(1) for p, q in parts)
            distances[step] = moved.sqrt().tolist()
    return network, distances


def _start(settings: Settings, count: int, seed: int, device: str):
    source = generator(seed)
    widths = [settings.side**2, *[settings.width] * settings.hidden, 10]
    return init_perceptron(widths, count, source, device), source


def walk(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train at one step size without end; return (batch, seed, step, distance)."""
    x, y, _, _ = clothes(settings.pictures, settings.side, device)
    looks = np.geomspace(settings.first_look, settings.walk, settings.looks).round().astype(int)
    rows = []
    for batch in (settings.small, settings.large):
        start, source = _start(settings, settings.seeds, seed, device)
        steps = settings.walk if batch == settings.small else settings.walk // 4
        order = epochs(len(x), batch, settings.seeds, steps, source).to(device)
        rates = [settings.rate] * steps
        _, found = train(settings, start, x, y, order, settings.small, rates, set(looks.tolist()))
        rows += [(batch, i, step, d) for step, all in found.items() for i, d in enumerate(all)]
    return pd.DataFrame(rows, columns=["batch", "seed", "step", "distance"])


def fits(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {shape: residual deviation of a + b f(t) over the range of distances}, one value a seed."""
    found = {}
    for name, shape in SHAPES.items():
        found[name] = []
        for _, rows in frame.groupby("seed"):
            design = np.stack([np.ones(len(rows)), shape(rows.step.to_numpy(float))], 1)
            rest = rows.distance - design @ np.linalg.lstsq(design, rows.distance)[0]
            found[name].append(float(rest.std() / np.ptp(rows.distance)))
    return found


def gap(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train each way; return (way, seed, accuracy).

    `large` has the small batch's epochs and step size; `rate` multiplies the step by √(large/small), `ghost` normalises by
    ghosts of the small batch as well, and `regime` makes as many updates as the small batch.
    """
    x, y, unseen, truth = clothes(settings.pictures, settings.side, device)
    small, large = settings.small, settings.large
    scaled = settings.rate * (large / small) ** 0.5
    epoch = {b: len(x) // b for b in (small, large)}
    updates = settings.epochs * epoch[small]
    ways = {
        "small": (small, small, settings.rate, updates),
        "large": (large, large, settings.rate, settings.epochs * epoch[large]),
        "rate": (large, large, scaled, settings.epochs * epoch[large]),
        "ghost": (large, small, scaled, settings.epochs * epoch[large]),
        "regime": (large, small, scaled, updates),
    }
    rows = []
    for way, (batch, ghost, rate, steps) in ways.items():
        start, source = _start(settings, settings.runs, seed, device)
        order = epochs(len(x), batch, settings.runs, steps, source).to(device)
        fallen = np.searchsorted(settings.falls, np.arange(steps) / steps, side="right")
        network, _ = train(settings, start, x, y, order, ghost, (rate * 0.1**fallen).tolist())
        with torch.no_grad():
            answers = network.scores(unseen.expand(settings.runs, -1, -1)).argmax(-1)
        right = (answers == truth).float().mean(1).tolist()
        rows += [(way, i, share) for i, share in enumerate(right)]
    return pd.DataFrame(rows, columns=["way", "seed", "accuracy"])
