"""Modality competition: late fusion of two modalities beside each modality by itself (Huang et al.)."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score

from redrawn.methods.gradients import competition
from redrawn.studies.ensemble import generator

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
