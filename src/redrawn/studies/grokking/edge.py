"""Modular addition without weight decay: softmax collapse, StableMax and ⊥Grad (Prieto et al.)."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from redrawn.methods import grokking
from redrawn.methods.grokking.softmax_collapse import ROUND_OFF
from redrawn.studies.ensemble import Adam, generator
from redrawn.studies.grokking.split import split

PRECISIONS = {"float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Settings:
    """Sizes; learning rate and Adam's constants are the paper's for Fig. 1."""

    p: int
    width: int
    share: float
    epochs: int
    every: int
    seeds: int = 3
    perp_seeds: int = 8
    perp_epochs: int = 300
    learning_rate: float = 0.01


SETTINGS = {
    "quick": Settings(37, 96, 0.9, 200, 10, perp_seeds=3),
    "standard": Settings(59, 96, 0.9, 2000, 20),
    "paper": Settings(113, 200, 0.4, 80_000, 50, seeds=5),
}


def epochs_of(settings: Settings, method: str) -> int:
    """Return how long a method is trained: ⊥AdamW and plain AdamW beside it need no longer budget."""
    return min(settings.perp_epochs, settings.epochs) if method == "perp" else settings.epochs


def train(settings: Settings, method: str, seed: int, device: str) -> pd.DataFrame:
    """Train by one method: "perp", "stablemax", or cross-entropy in "float16", "float32" or "float64".

    Methods with the same number of seeds start from the same weights and split. Returns a frame (method, seed, epoch, train, test, collapsed,
    norm, cosine): accuracies; share of training samples whose softmax sum is one (in the loss's precision); norm of all
    weights; cosine between the negative gradient and the weights of the output layer (zero where the gradient is).
    """
    source = generator(seed)
    a, ya, b, yb = split(settings, source, device)
    weights = grokking.init_mlp(settings.p, settings.width, settings.seeds, source, device)
    for w in weights:
        w.requires_grad_()
    beta2, eps = {"perp": (0.999, 1e-8), "stablemax": (0.999, 1e-25)}.get(method, (0.99, 1e-25))
    adam = Adam(weights, betas=(0.9, beta2), eps=eps)
    precision = PRECISIONS.get(method, torch.float32)
    rows = []
    epochs = epochs_of(settings, method)
    for epoch in range(epochs + 1):
        logits = grokking.mlp(weights, a)
        if method == "stablemax":
            each = grokking.stablemax_cross_entropy(logits, ya)
        else:
            each = grokking.cross_entropy(logits, ya, precision)
        gradients = torch.autograd.grad(each.mean(1).sum(), weights)
        if epoch % settings.every == 0 or epoch == epochs:
            with torch.no_grad():
                test = (grokking.mlp(weights, b).argmax(-1) == yb).float().mean(1)
                hit = (logits.argmax(-1) == ya).float().mean(1)
                sums = grokking.collapsed(logits, precision).float().mean(1)
                norm = sum(w.square().sum((1, 2)) for w in weights).sqrt()
                w, g = weights[-1].double().flatten(1), gradients[-1].double().flatten(1)
                # cosine_similarity floors small norms: these gradients are far below its floor
                size = g.norm(dim=1)
                along = -(w * g).sum(1) / (w.norm(dim=1) * size)
                cosine = torch.where(size > 0, along, 0.0)
            found = torch.stack([hit, test, sums, norm, cosine.float()], 1).cpu().numpy()
            rows += [(method, i, epoch, *line) for i, line in enumerate(found.astype(float))]
        if method == "perp":
            gradients = [
                grokking.perpendicular_gradient(g, w.detach(), rescale=True)
                for g, w in zip(gradients, weights, strict=True)
            ]
        adam.step(gradients, settings.learning_rate)
    columns = ["method", "seed", "epoch", "train", "test", "collapsed", "norm", "cosine"]
    return pd.DataFrame(rows, columns=columns)


def train_all(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train by every method, one after another."""
    more = replace(settings, seeds=settings.perp_seeds)  # now and then one of them takes its time
    frames = [train(more, "perp", seed, device)]
    frames += [train(settings, m, seed, device) for m in ("stablemax", *PRECISIONS)]
    return pd.concat(frames, ignore_index=True)


def at(frame: pd.DataFrame, column: str, epoch: int | None = None) -> dict[str, list[float]]:
    """Return {method: column at an epoch, or at each method's last}, one value a seed."""
    chosen = frame if epoch is None else frame[frame.epoch <= epoch]
    last = chosen.sort_values("epoch").groupby(["method", "seed"], sort=False)[column].last()
    return {m: last[m].sort_index().tolist() for m in frame.method.unique()}


def first_epoch(frame: pd.DataFrame, column: str, level: float) -> dict[str, np.ndarray]:
    """Return {method: first epoch at which the column is at least `level`, the last where never}."""
    found = {}
    for method, rows in frame.groupby("method", sort=False):
        reached = rows[rows[column] >= level].groupby("seed").epoch.min()
        found[method] = reached.reindex(sorted(rows.seed.unique()), fill_value=rows.epoch.max())
    return {method: series.to_numpy(dtype=float) for method, series in found.items()}


def delay(frame: pd.DataFrame, method: str) -> np.ndarray:
    """Return epochs from 99 % of train to 99 % of test accuracy; the budget where test does not reach it."""
    rows = frame[frame.method == method]
    train_at = first_epoch(rows, "train", 0.99)[method]
    test_at = first_epoch(rows, "test", 0.99)[method]
    reached = rows.groupby("seed").test.max().to_numpy() >= 0.99
    return np.where(reached, test_at - train_at, rows.epoch.max())


def largest_after_overfitting(frame: pd.DataFrame, method: str, column: str) -> np.ndarray:
    """Return the largest value of a column at epochs from 99 % of training accuracy on, one value a seed."""
    rows = frame[frame.method == method]
    start = rows.seed.map(dict(enumerate(first_epoch(rows, "train", 0.99)[method])))
    return rows[rows.epoch >= start].groupby("seed")[column].max().to_numpy()


def threshold_error(competitors: int = 1) -> float:
    """Return how far the smallest collapsing logit gap lies from ln(K/u), the largest of three precisions.

    With more than one competitor it lies lower: each part of the sum that reaches the one alone is rounded away by
    itself, and how many parts there are depends on the order of summation.
    """
    errors = []
    for precision, u in ROUND_OFF.items():
        low, high = 0.0, 60.0
        while high - low > 1e-6:
            gap = (low + high) / 2
            logits = torch.zeros(1, competitors + 1, dtype=torch.float64)
            logits[:, 0] = gap
            low, high = (low, gap) if grokking.collapsed(logits, precision).all() else (gap, high)
        errors.append(abs(high - math.log(competitors / u)))
    return max(errors)


def homogeneity_error(settings: Settings, seed: int, device: str, by: float = 0.5) -> np.ndarray:
    """Return the largest |f((1+a)θ) - (1+a)³ f(θ)| over the largest |f|, one value a seed."""
    source = generator(seed)
    pairs = split(settings, source, device)[0][:, :200]
    weights = grokking.init_mlp(settings.p, settings.width, settings.seeds, source, device)
    plain = grokking.mlp(weights, pairs) * (1 + by) ** len(weights)
    scaled = grokking.mlp([(1 + by) * w for w in weights], pairs)
    return ((scaled - plain).abs().amax((1, 2)) / plain.abs().amax((1, 2))).cpu().numpy()
