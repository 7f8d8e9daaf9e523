"""DiffROAR on clothing: networks trained anew on the pixels of largest and of smallest gradient (Shah et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from redrawn.data.fashion import fashion_mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.attribution.discriminative import MODELS, forward
from redrawn.studies.ensemble import generator

CONTROL = 0.1  # the share of pixels at which masks are shown alone


@dataclass(frozen=True)
class Settings:
    """Sizes; `kept` are shares of the pixels, `masked` the models whose masks are shown, the adversary's radius is that at 28 pixels."""

    side: int
    width: int
    clothes: int
    steps: int
    retrain_steps: int
    kept: tuple[float, ...]
    radius: float = 2.0
    seeds: int = 3
    masked: tuple[str, ...] = MODELS


SETTINGS = {
    "quick": Settings(14, 64, 2000, 150, 100, (0.1, 0.3), masked=("standard",)),
    "standard": Settings(28, 64, 6000, 600, 250, (0.05, 0.1, 0.3)),
    "paper": Settings(28, 1024, 6000, 5000, 5000, (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)),
}


def clothes(settings: Settings, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return training and test pictures of clothing as rows, with their classes."""
    parts = []
    for part in ("train", "test"):
        images, labels = fashion_mnist(part, settings.side)
        parts += [
            torch.from_numpy(images).flatten(1).to(device),
            torch.from_numpy(labels).to(device),
        ]
    x, y, test, truth = parts
    return x[: settings.clothes], y[: settings.clothes], test, truth


def diffroar(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train with and without an adversary, and anew on the pixels of largest and of smallest gradient.

    Returns a frame (model, shown, seed, kept, top, bottom, diffroar) with the accuracies of the retrained networks. Other pixels are
    filled by the training pictures' mean, as in the authors' code. As a control the "mask" is shown instead, of ones and zeros: what
    a network can tell from it was told by the label that the gradient was taken for.
    """
    e, source = settings.seeds, generator(seed)
    x, y, test, truth = clothes(settings, device)
    widths = [x.shape[1], settings.width, settings.width, 10]

    def many(part, count):
        return part.expand(count, *part.shape)

    orders = {}  # of each set's pixels, from the largest gradient and from the smallest
    for model in MODELS:
        layers = classifiers.init_perceptron(widths, e, source, device)
        draw = perceptrons.draws(many(x, e), many(y, e), 100, source)
        radius = settings.radius * settings.side / 28 if model == "robust" else 0.0
        layers = perceptrons.fit(layers, forward, draw, settings.steps, 2e-3, radius)
        orders[model] = []
        for p, t in ((x, y), (test, truth)):
            loss = perceptrons.own_loss(forward, layers, many(t, e))
            size = attribution.gradient(loss, many(p, e)).abs()
            orders[model].append(
                [size.argsort(dim=-1, descending=top, stable=True) for top in (True, False)]
            )
    rows = []
    for kept in settings.kept:
        for model in MODELS:
            for filled in ("pixels", "mask"):
                if filled == "mask" and (kept != CONTROL or model not in settings.masked):
                    continue
                sets = [_kept(p, x.mean(0), both, kept, filled) for p, both in
                        zip((x, test), orders[model], strict=True)]  # fmt: skip
                layers = classifiers.init_perceptron(widths, 2 * e, source, device)
                draw = perceptrons.draws(sets[0], many(y, 2 * e), 100, source)
                layers = perceptrons.fit(layers, forward, draw, settings.retrain_steps, 2e-3)
                right = perceptrons.accuracy(forward, layers, sets[1], many(truth, 2 * e))
                both = zip(right[:e], right[e:], strict=True)
                rows += [(model, filled, i, kept, a, b, a - b) for i, (a, b) in enumerate(both)]
    columns = ["model", "shown", "seed", "kept", "top", "bottom", "diffroar"]
    return pd.DataFrame(rows, columns=columns)


def _kept(x: Tensor, mean: Tensor, orders: list[Tensor], share: float, shown: str) -> Tensor:
    """Return pictures with their top pixels kept, for each network, and then with their bottom ones; or the masks."""
    base = x if shown == "pixels" else torch.ones_like(x)
    fill = mean if shown == "pixels" else 0.0
    many = base.expand(orders[0].shape)
    return torch.cat([attribution.keep_ranked(many, order, share, fill) for order in orders])
