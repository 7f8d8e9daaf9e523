"""Modality competition: late fusion of two modalities beside each modality by itself (Huang et al.)."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from redrawn.methods.gradients import competition, gramian
from redrawn.studies.ensemble import Adam, cross_entropy, generator
from redrawn.studies.multi_task_gradients import balance

LEARNED = 0.2
"""A feature counts as learned when its largest projection is this share of the largest of all classes and modalities."""


@dataclass(frozen=True)
class Settings:
    """Sizes; the power q = 3 is the least whole number for which the theory holds."""

    samples: int
    seeds: int
    steps: int
    neurons: int = 10
    tests: int = 2000
    start: float = 1e-4
    power: float = 3.0
    bend: float = 0.1
    learning_rate: float = 6.0
    distribution: competition.Distribution = field(default_factory=competition.Distribution)


SETTINGS = {
    "quick": Settings(400, 5, 600, neurons=8, tests=1000),
    "standard": Settings(600, 8, 1200),
}
SETTINGS["paper"] = SETTINGS["standard"]

NETWORKS = {"joint": [0, 1], "first alone": [0], "second alone": [1]}
"""Which modalities a network has."""


def train(settings: Settings, seed: int, device: str, names: tuple[str, ...] = tuple(NETWORKS)):
    """Train the joint network and both single ones from the same starts on the same samples, by full-batch descent.

    Returns:
        A frame (network, seed, modality, class, start, learned): the largest projection of a class's neurons on its feature,
        before and after training, the latter as a share of the largest that the network learned; and a frame
        (network, seed, step, train, test), errors as shares.
    """
    source = generator(seed)
    d, k, e = settings.distribution, settings.distribution.classes, settings.seeds
    features = competition.dictionary(d, e, source)
    seen, y = competition.sample(d, features, settings.samples, source)
    unseen, goal = competition.sample(d, features, settings.tests, source)
    start = settings.start * torch.randn(
        (2, e, k * settings.neurons, d.dimension), generator=source
    )
    features, seen, y, unseen, goal, start = (
        part.to(device) for part in (features, seen, y, unseen, goal, start)
    )
    rows, curve = [], []
    for name in names:
        used = NETWORKS[name]
        w, x, test, own = start[used], seen[used], unseen[used], features[used]
        for step in range(settings.steps + 1):
            logits, slope = competition.late_fusion(w, x, k, settings.power, settings.bend)
            if step % (settings.steps // 20) == 0:
                found, _ = competition.late_fusion(w, test, k, settings.power, settings.bend)
                errors = [(z.argmax(-1) != t).float().mean(1).tolist()
                          for z, t in ((logits, y), (found, goal))]  # fmt: skip
                curve += [
                    (name, i, step, *pair) for i, pair in enumerate(zip(*errors, strict=True))
                ]
            w = w - settings.learning_rate * competition.loss_gradient(logits, slope, x, y)
        before = competition.learned_features(start[used], own).cpu().numpy()
        after = competition.learned_features(w, own)
        after = (after / after.amax((0, 2), keepdim=True)).cpu().numpy()
        rows += [
            (name, i, used[r], j, float(before[r, i, j]), float(after[r, i, j]))
            for r, i, j in np.ndindex(before.shape)
        ]
    columns = ["network", "seed", "modality", "class", "start", "learned"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(
        curve, columns=["network", "seed", "step", "train", "test"]
    )


def learned_alone(frame: pd.DataFrame) -> np.ndarray:
    """Return the share of classes that the single networks learn, mean of both, one value a seed."""
    rows = frame[frame.network != "joint"]
    return (rows.learned > LEARNED).groupby(rows.seed).mean().to_numpy()


def winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, of the joint network, each class's learned shares and starts by modality (seed, class as index)."""
    rows = frame[frame.network == "joint"]
    return rows.pivot(index=["seed", "class"], columns="modality", values=["learned", "start"])


def one_sided(frame: pd.DataFrame) -> np.ndarray:
    """Return the share of classes of the joint network with exactly one modality learned, one value a seed."""
    learned = winners(frame)["learned"] > LEARNED
    return (learned.sum(axis=1) == 1).groupby("seed").mean().to_numpy()


def start_predicts(frame: pd.DataFrame) -> list[float]:
    """Return the area under the ROC curve of log(start₁/start₂) for the first modality's learning more, one value a seed.

    A seed whose classes all have one winner is left out.
    """
    table = winners(frame)
    first = table["learned"][0] > table["learned"][1]
    ratio = np.log(table["start"][0].clip(lower=1e-9) / table["start"][1].clip(lower=1e-9))
    return [
        float(roc_auc_score(first.loc[s], ratio.loc[s]))
        for s in table.index.unique("seed")
        if first.loc[s].nunique() == 2
    ]


def errors(curve: pd.DataFrame) -> dict[str, list[float]]:
    """Return each network's test error at the end, and the best single one's, one value a seed."""
    last = curve[curve.step == curve.step.max()].sort_values("seed")
    found = {n: last[last.network == n].test.to_numpy() for n in NETWORKS}
    found["best alone"] = np.minimum(found["first alone"], found["second alone"])
    return {name: values.tolist() for name, values in found.items()}


def probes(settings: balance.Settings, seed: int, device: str, epochs: int = 10) -> pd.DataFrame:
    """Train encoders of two views of digits together and alone, then fit a linear probe to each.

    Returns a frame (trained, seed, view, accuracy): test accuracy of a logistic regression on the embeddings.
    """
    (left, right, y), (left_test, right_test, goal) = balance.views(settings, seed, device)
    e, h = settings.seeds, settings.units
    source = generator(seed)
    encoders = [gramian.init_perceptron((98, h), e, source, device)[0] for _ in range(2)]
    trained = {"together": [*encoders], "alone": [*encoders]}
    head = gramian.init_perceptron((2 * h, 10), e, source, device)[0]
    heads = {"together": [head], "alone": [(head[0][:, :h], head[1]), (head[0][:, h:], head[1])]}
    orders = [torch.randperm(settings.images, generator=source) for _ in range(epochs)]
    rows = []
    for name, first in trained.items():
        parameters = [p.clone().requires_grad_() for pair in [*first, *heads[name]] for p in pair]
        layers = list(zip(parameters[::2], parameters[1::2], strict=True))
        adam = Adam(parameters)

        def embed(views, layers=layers):
            return [
                torch.nn.functional.elu(v @ w + b) for v, (w, b) in zip(views, layers, strict=False)
            ]

        for order in orders:
            for part in order.split(settings.batch):
                hidden = embed((left[:, part], right[:, part]))
                if name == "together":
                    hidden = [torch.cat(hidden, -1)]
                losses = [cross_entropy(z @ w + b, y[:, part])
                          for z, (w, b) in zip(hidden, layers[2:], strict=True)]  # fmt: skip
                slopes = torch.autograd.grad(sum(losses).sum(), parameters)
                adam.step(slopes, settings.learning_rate)
        with torch.no_grad():
            seen, unseen = embed((left, right)), embed((left_test, right_test))
        for view in range(2):
            for i in range(e):
                probe = LogisticRegression(max_iter=300).fit(seen[view][i].cpu(), y[i].cpu())
                score = probe.score(unseen[view][i].cpu(), goal[i].cpu())
                rows.append((name, i, ("left", "right")[view], score))
    return pd.DataFrame(rows, columns=["trained", "seed", "view", "accuracy"])
