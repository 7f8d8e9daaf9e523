"""Perceptrons normalised by ghosts, trained with small and large batches (Hoffer, Hubara and Soudry)."""

from dataclasses import dataclass

import torch

from redrawn.methods.batch_size import ghost_batch_norm
from redrawn.methods.classifiers import init_perceptron
from redrawn.methods.recurrent import rescale
from redrawn.studies.ensemble import cross_entropy, generator


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
    "quick": Settings(1024, 8, 300, 48, 6, 6),
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


def begin(settings: Settings, count: int, seed: int, device: str) -> tuple[list, torch.Generator]:
    """Return the layers of so many networks, and the source of what is drawn next."""
    source = generator(seed)
    widths = [settings.side**2, *[settings.width] * settings.hidden, 10]
    return init_perceptron(widths, count, source, device), source
