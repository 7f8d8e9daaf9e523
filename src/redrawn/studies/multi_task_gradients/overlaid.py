"""Two overlaid digits, one task each, on one network: how the tasks' gradients are added up (Yu et al.; Senushkin et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import gradients
from redrawn.methods.gradients import shared_lenet
from redrawn.studies.ensemble import Adam, copies, generator

SIDE, SHIFT = 14, 4


@dataclass(frozen=True)
class Settings:
    """Sizes; the network is a smaller version of the paper's."""

    pairs: int
    epochs: int
    seeds: int
    batch: int = 50
    tests: int = 1000
    learning_rate: float = 4e-3


SETTINGS = {
    "quick": Settings(1000, 3, 3),
    "standard": Settings(6000, 10, 10),
    "paper": Settings(60_000, 40, 6, batch=256, tests=10_000),
}


def uniform_weights(gram: np.ndarray) -> np.ndarray:
    """Return weights of one: the summed gradient."""
    return np.ones(gram.shape[:2])


def aligned(gram: np.ndarray) -> np.ndarray:
    """Return Aligned-MTL's weights for the sum of the losses."""
    return gradients.aligned_weights(gram, np.ones(gram.shape[:2]))


METHODS = {
    "sum": uniform_weights,
    "PCGrad": gradients.pcgrad_weights,
    "Aligned-MTL": aligned,
}


def overlay(images: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator):
    """Return `count` pairs of digits, the first at top left and the second at bottom right; brighter pixel wins.

    Returns:
        Images (count, 18, 18) and labels (2, count).
    """
    chosen = rng.integers(len(images), size=(2, count))
    canvas = np.zeros((2, count, SIDE + SHIFT, SIDE + SHIFT), dtype=np.float32)
    canvas[0, :, :SIDE, :SIDE] = images[chosen[0]]
    canvas[1, :, SHIFT:, SHIFT:] = images[chosen[1]]
    return canvas.max(0), labels[chosen]


def data(settings: Settings, seed: int):
    """Draw training and test pairs of each seed from digits that were split before they were overlaid.

    Returns:
        Two pairs of images (seeds, n, 18, 18) and labels (2, seeds, n).
    """
    images, labels = digits.mnist(SIDE)
    parts = []
    for replicate in range(settings.seeds):
        rng = np.random.default_rng([seed, replicate])
        order = rng.permutation(len(images))
        cut = len(images) * 4 // 5
        for part, count in ((order[:cut], settings.pairs), (order[cut:], settings.tests)):
            parts.append(overlay(images[part], labels[part], count, rng))
    stacked = []
    for half in (parts[::2], parts[1::2]):
        x, y = zip(*half, strict=True)
        stacked.append((torch.from_numpy(np.stack(x)), torch.from_numpy(np.stack(y, axis=1))))
    return stacked


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train with every method from the same starts and batches, by Adam.

    Returns a frame (method, seed, epoch, loss, accuracy, conflicts, condition, aligned): training loss and test accuracy,
    means of both tasks; over the epoch's steps the share of conflicts, the median condition number of the tasks' gradients, and
    the largest deviation from one of that after alignment.
    """
    source = generator(seed)
    (x, y), (test, goal) = data(settings, seed)
    k, e = len(METHODS), settings.seeds
    trunk, heads = shared_lenet.init_lenet(SIDE + SHIFT, 2, e, source)
    trunk, *heads = (
        [copies(p, k).to(device).requires_grad_() for p in part] for part in (trunk, *heads)
    )
    adam = Adam([*trunk, *heads[0], *heads[1]])
    rows = []
    for epoch in range(1, settings.epochs + 1):
        grams, losses = [], []
        for part in torch.randperm(settings.pairs, generator=source).split(settings.batch):
            images = x[:, part].repeat(k, 1, 1, 1).to(device)
            labels = y[:, :, part].repeat(1, k, 1).to(device)
            found = shared_lenet.lenet(trunk, heads, images)
            each = [
                functional.cross_entropy(z.flatten(0, 1), t.flatten(), reduction="none")
                .unflatten(0, t.shape).mean(1) for z, t in zip(found, labels, strict=True)
            ]  # fmt: skip
            slopes, own = [], []
            for i, loss in enumerate(each):
                some = torch.autograd.grad(loss.sum(), [*trunk, *heads[i]], retain_graph=i == 0)
                slopes.append(some[: len(trunk)])
                own += some[len(trunk) :]
            jacobian = torch.stack([torch.cat([g.flatten(1) for g in s], 1) for s in slopes], 1)
            gram = (jacobian.double() @ jacobian.double().mT).cpu().numpy()
            weights = np.concatenate(
                [rule(part) for rule, part in zip(METHODS.values(), np.split(gram, k), strict=True)]
            )
            w = torch.from_numpy(weights).to(jacobian)
            shared = [
                torch.einsum("em,em...->e...", w, torch.stack(g, 1))
                for g in zip(*slopes, strict=True)
            ]
            adam.step([*shared, *own], settings.learning_rate)
            grams.append(gram)
            losses.append(torch.stack(each).mean(0).detach())
        gram = np.stack(grams)
        flat = gram.reshape(-1, 2, 2)
        b = gradients.alignment(flat)
        conflicts = (gradients.cosine(flat) < 0).reshape(len(gram), -1).mean(0)
        condition = np.median(gradients.condition_number(flat).reshape(len(gram), -1), axis=0)
        after = gradients.condition_number(b @ flat @ b).reshape(len(gram), -1)
        with torch.no_grad():
            found = shared_lenet.lenet(trunk, heads, test.repeat(k, 1, 1, 1).to(device))
            hits = [(z.argmax(-1) == t.repeat(k, 1).to(device)).float().mean(1)
                    for z, t in zip(found, goal, strict=True)]  # fmt: skip
        table = np.column_stack([
            torch.stack(losses).mean(0).cpu(), torch.stack(hits).mean(0).cpu(), conflicts, condition, np.abs(after - 1).max(0),
        ])  # fmt: skip
        names = list(METHODS)
        rows += [(names[i // e], i % e, epoch, *line) for i, line in enumerate(table.astype(float))]
    columns = ["method", "seed", "epoch", "loss", "accuracy", "conflicts", "condition", "aligned"]
    return pd.DataFrame(rows, columns=columns)


def gain(frame: pd.DataFrame, method: str) -> np.ndarray:
    """Return a method's final test accuracy less that of the sum, one value a seed."""
    last = frame[frame.epoch == frame.epoch.max()].sort_values("seed").set_index("method").accuracy
    return last[method].to_numpy() - last["sum"].to_numpy()
