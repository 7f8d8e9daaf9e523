"""Modality competition: late fusion of two modalities beside each modality by itself (Huang et al.)."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from redrawn.methods.gradients import competition, gramian
from redrawn.studies.ensemble import generator
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
    learning_rate: float = 4.0
    distribution: competition.Distribution = field(default_factory=competition.Distribution)


SETTINGS = {"quick": Settings(300, 4, 600, tests=1000), "standard": Settings(600, 8, 1500)}
SETTINGS["paper"] = SETTINGS["standard"]

NETWORKS = {"joint": (1.0, 1.0), "first alone": (1.0, 0.0), "second alone": (0.0, 1.0)}


def train(settings: Settings, seed: int, device: str, power: float | None = None):
    """Train the joint network and both single ones from the same starts on the same samples, by full-batch descent.

    Returns:
        A frame (network, seed, modality, class, start, learned): the largest projection of a class's neurons on its feature,
        before and after training, as a share of the largest that was learned by that network; and a frame
        (network, seed, step, loss, train, test), errors as shares.
    """
    source = generator(seed)
    d, power = settings.distribution, power or settings.power
    k, e, m = d.classes, settings.seeds, settings.neurons
    features = competition.dictionary(d, e, source)
    x, y = competition.sample(d, features, settings.samples, source)
    test, goal = competition.sample(d, features, settings.tests, source)
    start = settings.start * torch.randn((2, e, k * m, d.dimension), generator=source)
    mask = torch.tensor(list(NETWORKS.values())).T[:, :, None, None, None]  # (2, networks, 1, 1, 1)
    count = len(NETWORKS)

    def many(part):
        return (part[:, None] * mask).flatten(1, 2).to(device)

    w = many(start).clone().requires_grad_()
    x, test = many(x), many(test)
    features = features.repeat(1, count, 1, 1).to(device)
    y, goal = y.repeat(count, 1).to(device), goal.repeat(count, 1).to(device)
    before = competition.learned_features(w.detach(), features)
    curve = []
    for step in range(settings.steps + 1):
        logits = competition.late_fusion(w, x, k, power, settings.bend)
        loss = balance.cross_entropy(logits, y)
        if step % (settings.steps // 20) == 0:
            with torch.no_grad():
                found = competition.late_fusion(w, test, k, power, settings.bend)
            errors = [(z.argmax(-1) != t).float().mean(1) for z, t in ((logits, y), (found, goal))]
            curve += [(list(NETWORKS)[i // e], i % e, step, *line) for i, line in
                      enumerate(torch.stack([loss.detach(), *errors], 1).cpu().numpy().astype(float))]  # fmt: skip
        (slope,) = torch.autograd.grad(loss.sum(), w)
        with torch.no_grad():
            w -= settings.learning_rate * slope
    after = competition.learned_features(w.detach(), features)
    rows = []
    for i in range(count * e):
        top = after[:, i].max().item()
        rows += [
            (list(NETWORKS)[i // e], i % e, r, j, before[r, i, j].item(), after[r, i, j].item() / top)
            for r in range(2)
            for j in range(k)
        ]
    columns = ["network", "seed", "modality", "class", "start", "learned"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(
        curve, columns=["network", "seed", "step", "loss", "train", "test"]
    )


def learned_alone(frame: pd.DataFrame) -> np.ndarray:
    """Return the share of classes that the single networks learn, mean of both, one value a seed."""
    own = {"first alone": 0, "second alone": 1}
    rows = frame[frame.network.map(own) == frame.modality]
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
        adam = torch.optim.Adam(parameters, lr=settings.learning_rate)

        def embed(views, layers=layers):
            return [torch.nn.functional.elu(v @ w + b) for v, (w, b) in zip(views, layers, strict=False)]

        for order in orders:
            for part in order.split(settings.batch):
                hidden = embed((left[:, part], right[:, part]))
                if name == "together":
                    hidden = [torch.cat(hidden, -1)]
                losses = [balance.cross_entropy(z @ w + b, y[:, part])
                          for z, (w, b) in zip(hidden, layers[2:], strict=True)]  # fmt: skip
                adam.zero_grad()
                sum(losses).sum().backward()
                adam.step()
        with torch.no_grad():
            seen, unseen = embed((left, right)), embed((left_test, right_test))
        for view in range(2):
            for i in range(e):
                probe = LogisticRegression(max_iter=300).fit(seen[view][i].cpu(), y[i].cpu())
                score = probe.score(unseen[view][i].cpu(), goal[i].cpu())
                rows.append((name, i, ("left", "right")[view], score))
    return pd.DataFrame(rows, columns=["trained", "seed", "view", "accuracy"])
