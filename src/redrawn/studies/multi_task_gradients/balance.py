"""Two views of a digit, one of them impaired: joint training, and BalGrad with its parts (Kwon et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import digits
from redrawn.methods import gradients
from redrawn.methods.gradients import gramian
from redrawn.studies.ensemble import Adam, copies, cross_entropy, flatten, generator, unflatten

METHODS = ("joint", "KL", "reweighted", "projected", "BalGrad")
"""The baseline; the balancing task added as it is, with its gradients reweighted, with the task's projected, with both."""


@dataclass(frozen=True)
class Settings:
    """Sizes and noise of the two views."""

    images: int
    epochs: int
    seeds: int
    noise: float = 0.7
    units: int = 32
    batch: int = 64
    tests: int = 1000
    learning_rate: float = 2e-3


SETTINGS = {"quick": Settings(2000, 6, 5), "standard": Settings(4000, 12, 8)}
SETTINGS["paper"] = SETTINGS["standard"]


def views(settings: Settings, seed: int, device: str):
    """Draw training and test views: left halves, and right halves with noise added; each view's training mean is taken out.

    Returns:
        Two triples of left (e, n, 98), right (e, n, 98) and labels (e, n).
    """
    images, labels = digits.mnist(14)
    parts = []
    for replicate in range(settings.seeds):
        rng = np.random.default_rng([seed, replicate, 3])
        order = rng.permutation(len(images))[: settings.images + settings.tests]
        left, right = (
            images[order][:, :, half].reshape(len(order), -1) for half in (slice(7), slice(7, 14))
        )
        right = right + settings.noise * rng.normal(size=right.shape)
        n = settings.images
        left, right = left - left[:n].mean(0), right - right[:n].mean(0)
        parts.append((left, right, labels[order]))
    left, right, label = (np.stack(p) for p in zip(*parts, strict=True))
    x = [torch.from_numpy(p).float().to(device) for p in (left, right)]
    y = torch.from_numpy(label).to(device)
    n = settings.images
    return (x[0][:, :n], x[1][:, :n], y[:, :n]), (x[0][:, n:], x[1][:, n:], y[:, n:])


def forward(flat, shapes, left, right):
    """Return embeddings' fused logits and both modalities' own logits, (e, n, 10) each.

    A modality's own head sees its embedding detached from the encoder, so that it only reads what is there, unless the caller asks
    for gradients of the encoder through `predict`.
    """
    layers = unflatten(flat, shapes)
    hidden = [
        functional.elu(x @ w + b) for x, (w, b) in zip((left, right), layers[:2], strict=True)
    ]
    fused = torch.cat(hidden, -1) @ layers[2][0] + layers[2][1]
    own = [h @ w + b for h, (w, b) in zip(hidden, layers[3:], strict=True)]
    read = [h.detach() @ w + b for h, (w, b) in zip(hidden, layers[3:], strict=True)]
    return fused, own, read


def train(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train every method from the same starts and batches, by Adam.

    Encoders learn from the fused loss and, but for "joint", from the divergence of the two modalities' predictions, each drawn
    to the other's; a modality's own head learns from its own cross-entropy, which does not reach the encoder. Returns a frame
    (method, seed, epoch, full, left, right, left_loss, right_loss, conflicts, cosine): test accuracies with both views, with the left
    one missing ("right" view alone gives `right`) and so on; training losses of the own heads; share of steps whose gradients
    conflict, and their mean cosine.
    """
    (left, right, y), test = views(settings, seed, device)
    e, k, h = settings.seeds, len(METHODS), settings.units
    source = generator(seed)
    start = [
        gramian.init_perceptron(widths, e, source, device)[0]
        for widths in ((98, h), (98, h), (2 * h, 10), (h, 10), (h, 10))
    ]
    flat, shapes = flatten(start)
    flat = copies(flat, k).requires_grad_()
    one, encoders = (sum(s.numel() for s in shapes[:c]) for c in (2, 4))
    adam = Adam([flat])

    def many(part):
        return copies(part, k)

    rows = []
    for epoch in range(1, settings.epochs + 1):
        cosines = []
        for part in torch.randperm(settings.images, generator=source).split(settings.batch):
            labels = many(y[:, part])
            fused, own, read = forward(flat, shapes, many(left[:, part]), many(right[:, part]))
            reading = torch.stack([cross_entropy(z, labels) for z in read], 1)
            task = cross_entropy(fused, labels)
            (slope,) = torch.autograd.grad(task.sum() + reading.sum(), flat, retain_graph=True)
            logs = [z.log_softmax(-1) for z in own]
            pulls = [
                (goal.detach().exp() * (goal.detach() - log)).sum(-1).mean(1)
                for log, goal in (logs, logs[::-1])
            ]
            (pull,) = torch.autograd.grad(sum(pulls).sum(), flat)
            pull = pull[:, :encoders]
            omega = gradients.modality_weights(reading.detach())
            scaled = torch.cat([omega[:, :1] * pull[:, :one], omega[:, 1:] * pull[:, one:]], 1)
            total = slope.clone()
            for i, method in enumerate(METHODS):
                rows_of = slice(i * e, (i + 1) * e)
                balance = (scaled if method in ("reweighted", "BalGrad") else pull)[rows_of]
                shared = slope[rows_of, :encoders]
                projected, cosine = gradients.project_task(shared, balance)
                if method != "joint":
                    kept = projected if method in ("projected", "BalGrad") else shared
                    total[rows_of, :encoders] = kept + balance
                cosines.append(cosine)
            adam.step([total], settings.learning_rate)
        cosine = torch.cat(cosines).view(-1, k * e)
        with torch.no_grad():
            a, b, labels = (many(t) for t in test)
            hits = [
                (forward(flat, shapes, *pair)[0].argmax(-1) == labels).float().mean(1)
                for pair in ((a, b), (a, 0 * b), (0 * a, b))
            ]
            _, _, read = forward(flat, shapes, many(left), many(right))
            losses = [cross_entropy(z, many(y)) for z in read]
        table = torch.stack([*hits, *losses, (cosine < 0).float().mean(0), cosine.mean(0)], 1)
        rows += [
            (METHODS[i // e], i % e, epoch, *line)
            for i, line in enumerate(table.cpu().numpy().astype(float))
        ]
    columns = [
        "method",
        "seed",
        "epoch",
        "full",
        "left",
        "right",
        "left_loss",
        "right_loss",
        "conflicts",
        "cosine",
    ]
    return pd.DataFrame(rows, columns=columns)


def final(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the last epoch, with the gap between the accuracies of single views and that between the own heads' losses."""
    last = frame[frame.epoch == frame.epoch.max()]
    return last.assign(
        gap=(last.left - last.right).abs(), apart=(last.left_loss - last.right_loss).abs()
    )


def pair(last: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return a column of the final frame for the baseline and for BalGrad, one value a seed."""
    rows = last.sort_values("seed")
    return {m: rows[rows.method == m][column].tolist() for m in ("joint", "BalGrad")}
