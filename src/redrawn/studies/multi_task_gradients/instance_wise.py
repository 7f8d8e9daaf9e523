"""One objective an example: perceptrons that aggregate the gradients of a batch (Quinton and Rey)."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods.gradients import gramian
from redrawn.studies.ensemble import copies, generator, leaves
from redrawn.studies.multi_task_gradients.aggregators import weights_of

REGULARISATION = 1e-4
"""Of UPGrad in training, as in the authors' code."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the batch of 32 and the 1,024 examples are the paper's, the learning rates a grid of ours."""

    replicates: int
    epochs: int
    rates: tuple[float, ...]
    side: int = 14
    hidden: tuple[int, ...] = (64, 64)
    batch: int = 32
    examples: int = 1024


SETTINGS = {
    "quick": Settings(3, 4, (0.12, 0.25, 0.42)),
    "standard": Settings(6, 8, (0.03, 0.05, 0.09, 0.16, 0.27, 0.38, 0.53)),
    "paper": Settings(8, 8, tuple(np.geomspace(1e-3, 3, 22)), side=28),
}


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


def train(
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
    layers = [tuple(p.detach().requires_grad_() for p in pair) for pair in layers]
    losses = functional.cross_entropy(gramian.logits(layers, x[None])[0], y, reduction="none")
    one_each = torch.eye(len(losses)).to(losses)
    slopes = torch.autograd.grad(losses, leaves(layers), one_each, is_grads_batched=True)
    return torch.cat([s.flatten(1) for s in slopes], 1)
