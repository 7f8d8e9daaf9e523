"""MeGe and ReCo of perceptrons retrained on folds: with wrong labels, and 1-Lipschitz (Fel et al.)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.data.fashion import fashion_mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.ensemble import generator

FOLDS = 5
WRONG = (0.0, 0.3, 0.6)
TEMPERATURE = 10.0  # of the 1-Lipschitz networks' outputs, whose margins are small


@dataclass(frozen=True)
class Settings:
    """Sizes of pictures, networks and training; `explained` pictures are compared."""

    side: int
    width: int
    images: int
    steps: int
    explained: int
    seeds: int = 3


SETTINGS = {
    "quick": Settings(14, 64, 2000, 150, 400),
    "standard": Settings(28, 64, 4000, 600, 1000),
    "paper": Settings(28, 256, 6000, 3000, 2000),
}


def _lipschitz(layers: list, x: Tensor) -> Tensor:
    return TEMPERATURE * classifiers.perceptron(layers, x, classifiers.group_sort)


def retrain(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, dict[str, tuple]]:
    """Train every kind of network on every set of four folds of five, and compare their explanations.

    A seed's networks share folds and wrong labels; each has a start of its own, as a network that is trained anew.

    Returns:
        A frame (kind, seed, accuracy, mege, reco), the accuracy on test pictures; and the first seed's distances (S⁼, S≠) by kind.
    """
    images, truth = fashion_mnist("train", settings.side)
    x = torch.from_numpy(images).flatten(1)[: settings.images].to(device)
    y = torch.from_numpy(truth)[: settings.images].to(device)
    unseen, classes = fashion_mnist("test", settings.side)
    test = torch.from_numpy(unseen).flatten(1).to(device)
    goal = torch.from_numpy(classes).to(device)
    kinds = [*(f"{round(100 * w)} %" for w in WRONG), "1-Lipschitz"]
    rows, distances = [], {}
    for kind, wrong in zip(kinds, (*WRONG, 0.0), strict=True):
        source = generator(seed)
        layers, seen, labels, fold = _start(settings, y, wrong, source, device)
        e = len(layers[0][0])
        draw = perceptrons.draws(x.expand(e, -1, -1), labels, 64, source, seen)
        forward, before = classifiers.perceptron, lambda: None
        if kind == "1-Lipschitz":
            forward, before = _lipschitz, partial(_project, layers, 2)
            _project(layers, 20, scale=True)
        layers = perceptrons.fit(layers, forward, draw, settings.steps, 2e-3, before=before)
        if kind == "1-Lipschitz":
            _project(layers, 20)
        n = settings.explained
        many, own = x[:n].expand(e, -1, -1), y[:n].expand(e, -1)
        maps = perceptrons.input_gradients(forward, layers, many, own)
        with torch.no_grad():
            right = forward(layers, many).argmax(-1) == own
        share = perceptrons.accuracy(forward, layers, test.expand(e, -1, -1), goal.expand(e, -1))
        for i in range(settings.seeds):
            part = slice(FOLDS * i, FOLDS * (i + 1))
            same, different = attribution.fold_distances(maps[part], right[part], fold[i, :n])
            scores = attribution.mege(same), attribution.reco(same, different)
            rows.append((kind, i, float(np.mean(share[part])), *scores))
            if i == 0:
                distances[kind] = same, different
    return pd.DataFrame(rows, columns=["kind", "seed", "accuracy", "mege", "reco"]), distances


def _start(settings: Settings, y: Tensor, wrong: float, source: torch.Generator, device: str):
    """Return layers, places seen (e, m), labels (e, n) and folds (seeds, n) of seeds × folds networks, by seed."""
    n, seeds = len(y), settings.seeds
    widths = [settings.side**2, settings.width, settings.width // 2, 10]
    layers = classifiers.init_perceptron(widths, seeds * FOLDS, source, device)
    fold = torch.stack([torch.randperm(n, generator=source) % FOLDS for _ in range(seeds)])
    places = torch.arange(n)
    seen = torch.stack([places[fold[i] != k] for i in range(seeds) for k in range(FOLDS)])
    draw = torch.randint(1, 10, (seeds, n), generator=source)  # a step to another class
    flipped = torch.rand(seeds, n, generator=source) < wrong
    labels = torch.where(flipped.to(device), (y + draw.to(device)) % 10, y)
    return layers, seen, labels.repeat_interleave(FOLDS, 0), fold.to(device)


@torch.no_grad()
def _project(layers: list, steps: int, scale: bool = False) -> None:
    """Bring the weights back to orthonormal ones, in place."""
    for weight, _ in layers:
        weight.copy_(classifiers.orthonormal(weight, steps, scale))


def named(frame: pd.DataFrame, column: str, kinds: dict[str, str]) -> dict[str, list[float]]:
    """Return {name: column, one value a seed} of some kinds, given as {kind: name}."""
    found = {}
    for kind, name in kinds.items():
        found[name] = frame[frame.kind == kind].sort_values("seed")[column].tolist()
    return found
