"""Modular addition with corrupted labels: weight decay, periodic neurons and pruning (Doshi et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods import grokking
from redrawn.studies.ensemble import Adam, generator
from redrawn.studies.grokking.split import split

DECAYS = (0.0, 5.0, 15.0, 20.0)
ORDERS = ("lowest first", "random", "highest first")


@dataclass(frozen=True)
class Settings:
    """Sizes; ξ, learning rate and Adam's constants are the paper's."""

    p: int
    hidden: int
    steps: int
    every: int = 20
    seeds: int = 4
    share: float = 0.8
    corrupted: float = 0.35
    learning_rate: float = 0.01


SETTINGS = {
    "quick": Settings(47, 150, 300),
    "standard": Settings(59, 304, 500),
    "paper": Settings(97, 500, 2000, share=0.5),
}


def data(settings: Settings, source: torch.Generator, device: str) -> dict[str, torch.Tensor]:
    """Draw each seed's split and corrupted labels; keys pairs, labels, truth, wrong (train), rest, rest_truth.

    A corrupted label is uniform over residues and so may be the true one; `wrong` marks those that were redrawn.
    """
    pairs, truth, rest, rest_truth = split(settings, source, device)
    n = truth.shape[1]
    count = round(settings.corrupted * n)  # the split is in random order: corrupt its first ones
    labels = truth.clone()
    draw = torch.randint(settings.p, (settings.seeds, count), generator=source)
    labels[:, :count] = draw.to(device)
    wrong = (torch.arange(n, device=device) < count).expand(settings.seeds, n)
    return {"pairs": pairs, "labels": labels, "truth": truth, "wrong": wrong,
            "rest": rest, "rest_truth": rest_truth}  # fmt: skip


def scores(weights, sets: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return accuracies, each (e,): train, corrupted and clean against the given labels, test against the truth."""
    hit = (grokking.quadratic(weights, sets["pairs"]).argmax(-1) == sets["labels"]).float()
    wrong = sets["wrong"].float()
    test = (grokking.quadratic(weights, sets["rest"]).argmax(-1) == sets["rest_truth"]).float()
    return {
        "train": hit.mean(1),
        "corrupted": (hit * wrong).sum(1) / wrong.sum(1),
        "clean": (hit * (1 - wrong)).sum(1) / (1 - wrong).sum(1),
        "test": test.mean(1),
    }


def train(settings: Settings, seed: int, device: str):
    """Train with every weight decay from the same starts, by AdamW on squared error.

    Returns:
        A frame (decay, seed, step, train, corrupted, clean, test), and {decay: (weights, sets)}.
    """
    source = generator(seed)
    sets = data(settings, source, device)
    start = grokking.init_quadratic(settings.p, settings.hidden, settings.seeds, source, device)
    each = [(d, i) for d in DECAYS for i in range(settings.seeds)]
    networks = [tuple(w[i : i + 1].clone() for w in start) for _, i in each]
    adam = Adam([w for weights in networks for w in weights], betas=(0.9, 0.98))
    target = torch.nn.functional.one_hot(sets["labels"], settings.p).float()
    rows = []
    for step in range(settings.steps + 1):
        if step % settings.every == 0:
            for (decay, i), weights in zip(each, networks, strict=True):
                found = scores(weights, {k: v[i : i + 1] for k, v in sets.items()})
                rows.append((decay, i, step, *(v.item() for v in found.values())))
        if step == settings.steps:
            break
        # one network after another: its tensors fit into the cache, those of all together do not
        slopes = []
        for (decay, i), weights in zip(each, networks, strict=True):
            one = slice(i, i + 1)
            slopes += grokking.quadratic_gradient(weights, sets["pairs"][one], target[one])
            for w in weights:
                w *= 1 - settings.learning_rate * decay  # decoupled decay
        adam.step(slopes, settings.learning_rate)
    frame = pd.DataFrame(rows, columns=["decay", "seed", "step", *found])
    e = settings.seeds
    parts = {
        d: tuple(torch.cat(ws) for ws in zip(*networks[k * e : (k + 1) * e], strict=True))
        for k, d in enumerate(DECAYS)
    }
    return frame, parts, sets


def participation(trained: dict) -> pd.DataFrame:
    """Return each neuron's inverse participation ratio (decay, seed, ipr)."""
    rows = []
    for decay, weights in trained.items():
        for i, ratios in enumerate(grokking.inverse_participation(weights).cpu().numpy()):
            rows += [(decay, i, float(r)) for r in ratios]
    return pd.DataFrame(rows, columns=["decay", "seed", "ipr"])


def prune(settings: Settings, weights, sets: dict, seed: int) -> pd.DataFrame:
    """Silence growing shares of the neurons by inverse participation ratio, without retraining.

    Returns a frame (order, seed, share, train, corrupted, clean, test); "random" is a control that the paper lacks.
    """
    ratio = grokking.inverse_participation(weights)
    noise = torch.rand(ratio.shape, generator=generator(seed)).to(ratio.device)
    keys = dict(zip(ORDERS, (ratio, noise, -ratio), strict=True))
    rows = []
    for name, key in keys.items():
        rank = key.argsort(1).argsort(1)
        for tenth in range(11):
            alive = (rank >= round(tenth / 10 * settings.hidden)).float()
            found = scores((weights[0], weights[1] * alive[..., None]), sets)
            table = torch.stack(list(found.values()), 1).cpu().numpy().astype(float)
            rows += [(name, i, tenth / 10, *line) for i, line in enumerate(table)]
    return pd.DataFrame(rows, columns=["order", "seed", "share", *found])


def final(frame: pd.DataFrame, column: str) -> dict[float, list[float]]:
    """Return {decay: the column at the last step}, one value a seed."""
    last = frame[frame.step == frame.step.max()].sort_values("seed")
    return {d: rows[column].tolist() for d, rows in last.groupby("decay")}


def pruned(frame: pd.DataFrame, order: str, share: float, column: str) -> list[float]:
    """Return the column after pruning that share in that order, one value a seed."""
    chosen = frame[(frame.order == order) & (frame.share == share)]
    return chosen.sort_values("seed")[column].tolist()


def share_not_periodic(ratios: pd.DataFrame, decay: float, below: float = 0.4) -> list[float]:
    """Return the share of neurons with a ratio under `below`, one value a seed."""
    chosen = ratios[ratios.decay == decay]
    return (chosen.ipr < below).groupby(chosen.seed).mean().tolist()


def analytic_accuracy(seed: int, p: int = 97, hidden: int = 500, networks: int = 4) -> list[float]:
    """Return the closed-form network's accuracy over all pairs, one value a draw of phases."""
    weights = grokking.analytic_weights(p, hidden, networks, generator(seed))
    pairs, sums = grokking.all_pairs(p)
    found = grokking.quadratic(weights, pairs.expand(networks, -1, -1)).argmax(-1)
    return (found == sums).float().mean(1).tolist()
