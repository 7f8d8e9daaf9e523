"""Jacobian descent: properties of aggregators, their trajectories, and one objective an example (Quinton and Rey)."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import digits
from redrawn.methods import gradients
from redrawn.methods.gradients import gramian, quadratics
from redrawn.studies.ensemble import copies, generator

PROPERTIES = ("non-conflicting", "linear under scaling", "weighted")
PAPER = {
    "UPGrad": (True, True, True),
    "DualProj": (True, False, True),
    "MGDA": (True, False, True),
    "mean": (False, True, True),
    "PCGrad": (False, True, True),
    "Aligned-MTL": (False, False, True),
    "GradDrop": (False, False, False),
}
"""Which aggregator has which property, as the paper says."""

LIMITS = {"non-conflicting": -1e-4, "linear under scaling": 1e-4, "weighted": 1e-4}


REGULARISATION = 1e-4
"""Of UPGrad in training, as in the authors' code."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the batch of 32 and the 1,024 examples are the paper's, the learning rates a grid of ours."""

    jacobians: int
    seeds: int
    replicates: int
    epochs: int
    rates: tuple[float, ...]
    side: int = 14
    hidden: tuple[int, ...] = (64, 64)
    batch: int = 32
    examples: int = 1024


SETTINGS = {
    "quick": Settings(40, 5, 3, 6, (0.12, 0.25, 0.42)),
    "standard": Settings(200, 8, 6, 8, (0.03, 0.05, 0.09, 0.16, 0.27, 0.38, 0.53)),
    "paper": Settings(1000, 8, 8, 8, tuple(np.geomspace(1e-3, 3, 22)), side=28),
}


def weights_of(
    name: str, gram: np.ndarray, orders: np.ndarray | None = None, regularisation: float = 0.0
) -> np.ndarray:
    """Return an aggregator's coefficients, as a mean would have them (for two tasks PCGrad is then UPGrad)."""
    m = gram.shape[1]
    if name == "mean":
        return np.full(gram.shape[:2], 1 / m)
    if name == "PCGrad":
        return gradients.pcgrad_weights(gram, orders) / m
    if name == "Aligned-MTL":
        return gradients.aligned_weights(gram, np.full(gram.shape[:2], 1 / m))
    if name == "UPGrad":
        return gradients.upgrad_weights(gram, regularisation)
    return {"DualProj": gradients.dualproj_weights, "MGDA": gradients.mgda_weights}[name](gram)


def aggregate(name: str, jacobian: np.ndarray, orders: np.ndarray, uniform: np.ndarray):
    """Return the updates (e, n) of one aggregator; orders and uniform are what random ones draw from."""
    if name == "GradDrop":
        return gradients.graddrop(jacobian, uniform)
    w = weights_of(name, jacobian @ jacobian.swapaxes(1, 2), orders)
    return (w[:, None] @ jacobian)[:, 0]


def properties(settings: Settings, seed: int) -> pd.DataFrame:
    """Look for violations of the three properties on random Jacobians of 3 to 8 rows, of very different lengths.

    Returns a frame (aggregator, seed, property, violation): the smallest cosine between update and row; the largest relative
    deviation of A(diag(a + b) J) from A(diag(a) J) + A(diag(b) J); the largest share of the update's norm outside of the rows' span.
    """
    rows = []
    for replicate in range(settings.seeds):
        rng = np.random.default_rng([seed, replicate])
        found = {(name, p): [] for name in PAPER for p in PROPERTIES}
        for tasks in range(3, 9):
            e, n = settings.jacobians, 12
            jacobian = rng.normal(size=(e, tasks, n)) * np.exp(rng.normal(size=(e, tasks, 1)))
            jacobian = jacobian - rng.random((e, 1, 1)) * jacobian.mean(1, keepdims=True)
            a, b = np.exp(rng.normal(size=(2, e, tasks, 1)))
            orders = gradients.random_orders(e, tasks, rng)
            uniform = rng.random((e, n))
            inverse = np.linalg.pinv(jacobian)
            for name in PAPER:
                update, first, second, both = (
                    aggregate(name, c * jacobian, orders, uniform) for c in (1, a, b, a + b)
                )
                size = np.linalg.norm(update, axis=1)
                rows_size = np.linalg.norm(jacobian, axis=2)
                cosine = (jacobian @ update[..., None])[..., 0] / (rows_size * size[:, None])
                off = np.linalg.norm(both - first - second, axis=1) / np.linalg.norm(both, axis=1)
                inside = (inverse @ (jacobian @ update[..., None]))[..., 0]
                outside = np.linalg.norm(update - inside, axis=1) / size
                found[name, PROPERTIES[0]].append(cosine.min())
                found[name, PROPERTIES[1]].append(off.max())
                found[name, PROPERTIES[2]].append(outside.max())
        for (name, p), values in found.items():
            worst = min(values) if p == PROPERTIES[0] else max(values)
            rows.append((name, replicate, p, float(worst)))
    return pd.DataFrame(rows, columns=["aggregator", "seed", "property", "violation"])


def violation(frame: pd.DataFrame, aggregator: str, name: str) -> list[float]:
    """Return one aggregator's violations of one property, one value a seed."""
    rows = frame[(frame.aggregator == aggregator) & (frame.property == name)]
    return rows.sort_values("seed").violation.tolist()


def agreement(frame: pd.DataFrame) -> list[float]:
    """Return the share of the table's entries in which what was found and what the paper says agree, one value a seed."""
    said = [
        PAPER[a][PROPERTIES.index(p)] for a, p in zip(frame.aggregator, frame.property, strict=True)
    ]
    limit = frame.property.map(LIMITS)
    has = np.where(
        frame.property == PROPERTIES[0], frame.violation >= limit, frame.violation <= limit
    )
    return pd.Series(has == np.array(said)).groupby(frame.seed).mean().tolist()


def trajectories(
    names: tuple[str, ...] = ("mean", "MGDA", "Aligned-MTL", "UPGrad"),
) -> pd.DataFrame:
    """Descend both problems by each aggregator, as the paper does.

    Returns a frame (problem, aggregator, start, step, x, y, first, second).
    """
    rows = []
    for label, problem in (("EWQ", quadratics.EWQ), ("CQF", quadratics.CQF)):
        for name in names:
            x = problem.starts
            for step in range(problem.steps + 1):
                values, jacobian = quadratics.losses_and_jacobian(problem, x)
                rows += [
                    (label, name, i, step, *p, *v)
                    for i, (p, v) in enumerate(zip(x, values, strict=True))
                ]
                w = weights_of(name, jacobian @ jacobian.swapaxes(1, 2))
                x = x - problem.learning_rate * (w[:, None] @ jacobian)[:, 0]
    columns = ["problem", "aggregator", "start", "step", "x", "y", "first", "second"]
    return pd.DataFrame(rows, columns=columns)


def remaining(frame: pd.DataFrame) -> dict[str, float]:
    """Return, on EWQ, the distance to the optimum at the end over the initial, mean over starts, by aggregator."""
    rows = frame[frame.problem == "EWQ"]
    rows = rows.assign(distance=np.hypot(rows.x, rows.y)).sort_values("step")
    ends = rows.groupby(["aggregator", "start"]).distance.agg(["first", "last"])
    return (ends["last"] / ends["first"]).groupby("aggregator").mean().to_dict()


def off_front(frame: pd.DataFrame, aggregator: str) -> float:
    """Return, on CQF, the distance to the Pareto front at the end, the largest over starts."""
    rows = frame[(frame.problem == "CQF") & (frame.aggregator == aggregator)]
    ends = rows[rows.step == rows.step.max()][["x", "y"]].to_numpy()
    front = quadratics.pareto_points(quadratics.CQF)
    return float(np.linalg.norm(ends[:, None] - front, axis=2).min(1).max())


def rises(frame: pd.DataFrame, aggregator: str) -> float:
    """Return, on CQF, on how many steps one of the objectives rises, mean over starts."""
    rows = frame[(frame.problem == "CQF") & (frame.aggregator == aggregator)]
    change = rows.sort_values("step").groupby("start")[["first", "second"]].diff()
    up = (change > 1e-9).any(axis=1)
    return float(up.groupby(rows.sort_values("step").start).sum().mean())


def examples(settings: Settings, seed: int, device: str):
    """Draw training digits of each replicate; the whole set's mean and deviation are taken out. Shapes (e, n, pixels), (e, n)."""
    images, labels = digits.mnist(settings.side)
    images = (images - images.mean()) / images.std()
    rng = np.random.default_rng([seed, 5])
    chosen = np.stack(
        [
            rng.choice(len(images), settings.examples, replace=False)
            for _ in range(settings.replicates)
        ]
    )
    x = torch.from_numpy(images.reshape(len(images), -1)[chosen]).float()
    return x.to(device), torch.from_numpy(labels[chosen]).to(device)


def instance_wise(
    settings: Settings, seed: int, device: str, names: tuple[str, ...] = ("mean", "MGDA", "UPGrad")
) -> pd.DataFrame:
    """Train perceptrons with one objective an example, by plain descent, for every aggregator and learning rate at once.

    Returns a frame (aggregator, rate, seed, epoch, loss, cosine): mean over the epoch's batches of the loss before the step, and
    of the cosine between the update and the mean gradient.
    """
    x, y = examples(settings, seed, device)
    k, e = len(settings.rates), settings.replicates
    source = generator(seed)
    widths = (settings.side**2, *settings.hidden, 10)
    start = gramian.init_perceptron(widths, e, source, device)
    runs = len(names) * k
    layers = [(copies(w, runs), copies(b, runs)) for w, b in start]
    rate = torch.tensor(settings.rates, device=device).repeat_interleave(e).repeat(len(names))
    rows = []
    for epoch in range(1, settings.epochs + 1):
        losses, cosines = [], []
        for part in torch.randperm(settings.examples, generator=source).split(settings.batch):
            inputs, deltas, loss = gramian.errors(
                layers, copies(x[:, part], runs), copies(y[:, part], runs)
            )
            gram = gramian.gramian(inputs, deltas).double().cpu().numpy()
            # a learning rate that is too large blows up: such a network stands still, its loss is no number
            gram[~np.isfinite(gram).all((1, 2)) | (gram.max((1, 2)) > 1e12)] = 0
            w = np.concatenate(
                [
                    weights_of(n, g, regularisation=REGULARISATION)
                    for n, g in zip(names, np.split(gram, len(names)), strict=True)
                ]
            )
            gw = (gram @ w[..., None])[..., 0]
            size = np.sqrt((w * gw).sum(1) * gram.mean((1, 2)))
            cosines.append(np.divide(gw.mean(1), size, out=np.zeros_like(size), where=size > 0))
            losses.append(loss.mean(1))
            weights = torch.from_numpy(w).to(x)
            steps = gramian.combine(inputs, deltas, weights)
            layers = [
                tuple(p - rate[:, None, None] * d for p, d in zip(layer, step, strict=True))
                for layer, step in zip(layers, steps, strict=True)
            ]
        table = np.column_stack([torch.stack(losses).mean(0).cpu(), np.mean(cosines, axis=0)])
        rows += [
            (names[i // (k * e)], settings.rates[i // e % k], i % e, epoch, *line)
            for i, line in enumerate(table.astype(float))
        ]
    return pd.DataFrame(rows, columns=["aggregator", "rate", "seed", "epoch", "loss", "cosine"])


def best(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep each aggregator's learning rate with the smallest mean area under the training loss."""
    area = frame.groupby(["aggregator", "rate"], sort=False).loss.apply(
        lambda c: c.mean(skipna=False)
    )
    chosen = area.groupby("aggregator", sort=False).idxmin()
    return frame[[pair in set(chosen) for pair in zip(frame.aggregator, frame.rate, strict=True)]]


def area(frame: pd.DataFrame, aggregator: str) -> list[float]:
    """Return the mean training loss over epochs, one value a seed."""
    return frame[frame.aggregator == aggregator].groupby("seed").loss.mean().tolist()


def routes(settings: Settings, seed: int, device: str, wide: int = 256):
    """Compute UPGrad's update from the Gramian and from the full Jacobian, for a batch of each replicate.

    Returns:
        The largest relative difference of both updates, one value a seed; and seconds of the Jacobian's route over those of the
        Gramian's (one network, three repeats, the shortest of each).
    """
    x, y = examples(settings, seed, device)
    x, y = x[:, : settings.batch], y[:, : settings.batch]
    widths = (settings.side**2, wide, wide, 10)
    layers = gramian.init_perceptron(widths, settings.replicates, generator(seed), device)
    differences, seconds = [], {"gramian": [], "jacobian": []}
    for i in range(settings.replicates):
        one = [(w[i : i + 1], b[i : i + 1]) for w, b in layers]
        for _ in range(3):
            start = time.perf_counter()
            inputs, deltas, _ = gramian.errors(one, x[i : i + 1], y[i : i + 1])
            gram = gramian.gramian(inputs, deltas)
            seconds["gramian"].append(time.perf_counter() - start)
            start = time.perf_counter()
            jacobian = full_jacobian(one, x[i], y[i])
            other = jacobian @ jacobian.T
            seconds["jacobian"].append(time.perf_counter() - start)
        w = torch.from_numpy(weights_of("UPGrad", gram.double().cpu().numpy())).to(x)
        v = torch.from_numpy(weights_of("UPGrad", other.double().cpu().numpy()[None])).to(x)
        short = torch.cat(
            [p.flatten() for pair in gramian.combine(inputs, deltas, w) for p in pair]
        )
        full = v[0] @ jacobian
        differences.append(float((short - full).norm() / full.norm()))
    return differences, min(seconds["jacobian"]) / min(seconds["gramian"])


def full_jacobian(layers, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the examples' gradients with respect to all parameters, one a row, by vectorised autodiff."""

    def loss(parameters, image, label):
        pairs = list(zip(parameters[::2], parameters[1::2], strict=True))
        return torch.nn.functional.cross_entropy(
            gramian.logits(pairs, image[None, None])[0, 0], label
        )

    parameters = [p for pair in layers for p in pair]
    slopes = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))(parameters, x, y)
    return torch.cat([s.flatten(1) for s in slopes], 1)
