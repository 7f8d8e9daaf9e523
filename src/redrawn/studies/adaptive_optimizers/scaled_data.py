"""SANIA, Adam and AdaGrad on data and on the same data with rescaled columns (Abdukhakimov et al., 2023)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import make_classification
from torch import Tensor
from torch.nn.functional import softplus

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import generator

SCALES = 4.0  # columns are multiplied by exp(u), u uniform in ±SCALES
SQUARES = ("SANIA, AdaGrad's squares", "SANIA, Adam's squares")
ROOTS = ("AdaGrad", "Adam")


@dataclass(frozen=True)
class Settings:
    """Sizes; the set for tuning has 2,000 rows and 200 columns as in the authors' code."""

    rows: int
    epochs: int
    tuning_epochs: int
    seeds: int
    tuning_seeds: int
    columns: int = 200
    batch: int = 20
    tuning_batch: int = 100


SETTINGS = {
    "quick": Settings(1000, 2, 2, 3, 2),
    "standard": Settings(10_000, 2, 100, 4, 10),
    "paper": Settings(10_000, 100, 100, 5, 10),
}

METHODS = {
    SQUARES[0]: lambda p: optimizers.Sania(p, "adagrad"),
    SQUARES[1]: lambda p: optimizers.Sania(p, "adam"),
    "AdaGrad": lambda p: torch.optim.Adagrad(p, 0.1),
    "Adam": lambda p: torch.optim.Adam(p, 0.01),
}
# as in the authors' study of tuning
RATES = {"Adam": (0.001, 0.01, 0.1), "AdaGrad": (0.01, 0.1, 1.0)}


def _gradient(w: Tensor, x: Tensor):
    """Return the mean loss of rows x, already times their labels, (b, d), and its gradient; w (d,)."""
    margin = x @ w
    return softplus(-margin).mean(), -(torch.sigmoid(-margin) @ x) / len(x)


def _descend(x: Tensor, run, w: Tensor, orders: Tensor, batch: int):
    """Make epochs of steps, an order of rows each; yield after each."""
    for order in orders:
        for rows in order.split(batch):
            loss, w.grad = _gradient(w, x[rows])
            run.step(lambda loss=loss: loss)
        yield


def compare(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train on both forms of synthetic data that a plane separates.

    Returns (method, data, seed, epoch, loss), the loss on all rows in nats, and (method, seed, difference), the relative
    difference of the weights at the end, in the coordinates of the data as they were.
    """
    source = generator(seed)
    draw = lambda *s: torch.randn(*s, generator=source, dtype=torch.float64)  # noqa: E731
    losses, differences = [], []
    for i in range(settings.seeds):
        x = draw(settings.rows, settings.columns)
        x = x * (x @ draw(settings.columns)).sign()[:, None]
        uniform = torch.rand(settings.columns, generator=source, dtype=torch.float64)
        scales = torch.exp(SCALES * (2 * uniform - 1)).to(device)
        orders = torch.stack([torch.randperm(len(x), generator=source) for _ in range(settings.epochs)]).to(device)  # fmt: skip
        x = x.to(device)
        for method, make in METHODS.items():
            ends = {}
            for form, factor in (("as drawn", torch.ones_like(scales)), ("scaled", scales)):
                w = torch.zeros_like(scales)
                steps = _descend(x * factor, make([w]), w, orders, settings.batch)
                for epoch, _ in enumerate(steps, 1):
                    losses.append((method, form, i, epoch, float(softplus(-(x * factor) @ w).mean())))  # fmt: skip
                ends[form] = w * factor
            gap = (ends["scaled"] - ends["as drawn"]).norm() / ends["as drawn"].norm()
            differences.append((method, i, float(gap)))
    return (
        pd.DataFrame(losses, columns=["method", "data", "seed", "epoch", "loss"]),
        pd.DataFrame(differences, columns=["method", "seed", "difference"]),
    )


def extreme(differences: pd.DataFrame, methods, which: str) -> list[float]:
    """Return the "max" or "min" of the methods' differences, one a seed."""
    rows = differences[differences.method.isin(methods)]
    return rows.groupby("seed").difference.agg(which).tolist()


def tuning(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train on the set for tuning; return (method, rate, seed, loss), the loss at the end and rate 0 for SANIA.

    Seeds are of the order of rows and of the set.
    """
    source = generator(seed)
    rows = []
    for i in range(settings.tuning_seeds):
        x, y = make_classification(2000, settings.columns, n_redundant=0, n_clusters_per_class=1,
                                   class_sep=0.8, random_state=1000 * seed + i)  # fmt: skip
        x = torch.from_numpy(x * (2.0 * y - 1)[:, None]).to(device)
        orders = torch.stack([torch.randperm(len(x), generator=source) for _ in range(settings.tuning_epochs)]).to(device)  # fmt: skip
        for kind, eps, name in (("adagrad", 1e-6, SQUARES[0]), ("adam", 1e-8, SQUARES[1])):
            w = x.new_zeros(x.shape[1])
            run = optimizers.Sania([w], kind, eps=eps)
            for _ in _descend(x, run, w, orders, settings.tuning_batch):
                pass
            rows.append((name, 0.0, i, float(softplus(-x @ w).mean())))
        for name, make in (("Adam", torch.optim.Adam), ("AdaGrad", torch.optim.Adagrad)):
            rates = torch.tensor(RATES[name], dtype=x.dtype, device=device)
            w = x.new_zeros(len(rates), x.shape[1])
            run = OwnRates([w], lambda p, m=make: m(p, 1.0), rates)
            for order in orders:
                for batch in order.split(settings.tuning_batch):
                    margins = w @ x[batch].T
                    run.step([-torch.sigmoid(-margins) @ x[batch] / len(batch)])
            found = softplus(-w @ x.T).mean(1).tolist()
            rows += [(name, r, i, v) for r, v in zip(RATES[name], found, strict=True)]
    return pd.DataFrame(rows, columns=["method", "rate", "seed", "loss"])


def decades(frame: pd.DataFrame) -> list[float]:
    """Return log₁₀ of SANIA's lower loss over the lowest of Adam and AdaGrad, one a seed.

    Both choose: SANIA between two preconditioners, the others among rates as well, each seed by its own loss.
    """
    lowest = frame.assign(ours=frame.method.isin(SQUARES)).groupby(["seed", "ours"]).loss.min()
    table = lowest.unstack()
    return np.log10(table[True] / table[False]).tolist()
