"""Training perceptrons side by side on pictures, each on its own draws, with or without an adversary."""

from collections.abc import Callable

import torch
from torch import Tensor

from redrawn.methods import attribution, classifiers
from redrawn.studies.ensemble import cross_entropy, leaves, train

Forward = Callable[[list, Tensor], Tensor]


def draws(x: Tensor, y: Tensor, batch: int, source: torch.Generator, seen: Tensor | None = None):
    """Return a function that draws a batch a network, (e, b, d) and (e, b).

    Args:
        x: pictures of each network, (e, n, d); `expand` where all have the same.
        y: their classes, (e, n).
        batch: samples a network.
        source: on the CPU.
        seen: the places that each network may draw from, (e, m); all where none is given.
    """
    networks, rows = len(x), torch.arange(len(x))[:, None]
    count = x.shape[1] if seen is None else seen.shape[1]

    def draw():
        places = torch.randint(count, (networks, batch), generator=source)
        places = places if seen is None else seen.gather(1, places)
        return x[rows, places], y[rows, places]

    return draw


def own_class(forward: Forward, layers: list, y: Tensor):
    """Return the score of each sample's own class, (e, m), for pictures (e, m, d); for m a multiple of n, classes (e, n) repeat."""

    def score(z):
        chosen = y.repeat(1, z.shape[1] // y.shape[1])
        return forward(layers, z).gather(-1, chosen[..., None])[..., 0]

    return score


def fit(
    layers: list,
    forward: Forward,
    draw: Callable[[], tuple[Tensor, Tensor]],
    steps: int,
    learning_rate: float,
    radius: float = 0.0,
    before: Callable[[], None] = lambda: None,
) -> list:
    """Minimise each network's cross-entropy by Adam, and return the layers without gradients.

    Args:
        layers: weights and biases, changed in place.
        forward: their outputs.
        draw: a batch.
        steps: of Adam.
        learning_rate: falls to a tenth.
        radius: of an adversary in the Euclidean norm, with five steps; none where zero.
        before: called before each step.
    """

    def loss():
        before()
        x, y = draw()
        if radius:
            x = classifiers.projected_descent(own_loss(forward, layers, y), x, radius, 5, "l2")
        return cross_entropy(forward(layers, x), y)

    train(leaves(layers), loss, steps, learning_rate, final_share=0.1)
    return [(w.detach(), b.detach()) for w, b in layers]


def own_loss(forward: Forward, layers: list, y: Tensor):
    """Return the cross-entropy of each sample, (e, n), for pictures (e, n, d)."""
    return lambda z: -forward(layers, z).log_softmax(-1).gather(-1, y[..., None])[..., 0]


def input_gradients(forward: Forward, layers: list, x: Tensor, y: Tensor) -> Tensor:
    """Return the gradient of each sample's own class, (e, n, d)."""
    return attribution.gradient(own_class(forward, layers, y), x)


@torch.no_grad()
def accuracy(forward: Forward, layers: list, x: Tensor, y: Tensor) -> list[float]:
    """Return each network's share of right answers."""
    return (forward(layers, x).argmax(-1) == y).float().mean(1).tolist()
