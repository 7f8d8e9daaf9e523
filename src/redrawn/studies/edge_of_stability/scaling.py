"""Weight decay and step sizes with few data and with a stream, and two scaling curves that may cross (Xiao)."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data.plays import shakespeare
from redrawn.methods.language import CharacterTransformer
from redrawn.methods.scaling import PowerLaw, expected_loss, sampled_loss
from redrawn.studies.ensemble import generator

SHARES = {"large": 0.5, "quarter": 0.125}
"""Step sizes of the toy over the sum of its variances' inverse: SGD is stable below about one."""

LAW = PowerLaw(exponent=1.5, features=4096, noise=0.1)
GROWTHS = (1.0, 1.5)
"""Data grow as this power of size; by the second, as fast as the last feature's variance falls."""


@dataclass(frozen=True)
class Settings:
    """Sizes; `few` characters are read again and again where data repeat; `samples` a feature train the smallest toy."""

    context: int
    width: int
    layers: int
    steps: int
    few: int
    seeds: int
    sizes: tuple[int, ...]
    runs: int
    batch: int
    heads: int = 2
    rate: float = 0.01
    decay: float = 0.3
    rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    unseen: int = 100
    law: PowerLaw = LAW
    samples: int = 8


SETTINGS = {
    "quick": Settings(16, 16, 1, 150, 1000, 3, (8, 16, 32, 64, 128), 16, 8),
    "standard": Settings(32, 24, 1, 800, 5000, 4, (8, 16, 32, 64, 128, 256), 32, 8),
    # NanoDO's default width and depth, and one pass of nearly all characters that there are
    "paper": Settings(
        256,
        512,
        6,
        700,
        50_000,
        3,
        (8, 16, 32, 64, 128, 256, 512, 1024),
        64,
        8,
        heads=8,
        rate=0.001,
        rates=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        decay=1.0,
    ),
}


def recipes(settings: Settings) -> pd.DataFrame:
    """Return (data, rate, decay): both kinds of data with and without decay, and all step sizes on the stream."""
    both = [
        (data, settings.rate, d) for data in ("repeated", "stream") for d in (0.0, settings.decay)
    ]
    others = [("stream", rate, 0.0) for rate in settings.rates if rate != settings.rate]
    return pd.DataFrame(both + others, columns=["data", "rate", "decay"])


def pretrain(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train every recipe by AdamW at a constant step size; return (data, rate, decay, seed, start, loss).

    Losses are on unseen text, in nats a character. A seed's networks share their start and, but for the kind of data, their texts.
    """
    text, alphabet = shakespeare("train")
    unseen, _ = shakespeare("test")
    net = CharacterTransformer(len(alphabet), settings.context, settings.width, settings.layers, settings.heads)  # fmt: skip
    source, e = generator(seed), settings.seeds
    table = recipes(settings)
    begin = net.initial(e, source, device)
    groups = [
        {"params": [begin.clone().requires_grad_()], "lr": row.rate, "weight_decay": row.decay}
        for row in table.itertuples()
    ]
    optimizer = torch.optim.AdamW(groups)
    span = settings.context + 1
    blocks = torch.randperm(len(text) // span, generator=source)
    blocks = blocks[: settings.steps * e * settings.batch].view(settings.steps, e, settings.batch)
    text = torch.tensor(text)
    within = torch.arange(span)
    kinds = torch.tensor(table.data == "stream")
    for block in blocks:
        again = torch.randint(settings.few - span, block.shape, generator=source)
        begins = torch.where(kinds[:, None, None], span * block, again).flatten(0, 1)
        batch = text[begins[..., None] + within].to(device)
        optimizer.zero_grad()
        net.loss(torch.cat([g["params"][0] for g in groups]), batch).sum().backward()
        optimizer.step()
    places = torch.arange(settings.unseen)[:, None] * (len(unseen) // settings.unseen) + within
    held = torch.tensor(unseen)[places].to(device)
    with torch.no_grad():
        start = net.loss(begin, held.expand(e, -1, -1)).repeat(len(table))
        final = torch.cat([net.loss(g["params"][0], held.expand(e, -1, -1)) for g in groups])
    rows = table.loc[table.index.repeat(e)].reset_index(drop=True)
    columns = {"seed": np.tile(np.arange(e), len(table)), "start": start.cpu(), "loss": final.cpu()}
    return rows.assign(**columns)


def decays(frame: pd.DataFrame, settings: Settings, data: str) -> dict[str, np.ndarray]:
    """Return {none, decay: loss on unseen text, one value a seed} of one kind of data."""
    rows = frame[(frame.data == data) & (frame.rate == settings.rate)].sort_values("seed")
    return {
        name: rows[rows.decay == value].loss.to_numpy()
        for name, value in (("none", 0.0), ("decay", settings.decay))
    }


def best_over_largest(frame: pd.DataFrame) -> np.ndarray:
    """Return the best step size on the stream over the largest whose loss fell, one value a seed."""
    rows = frame[(frame.data == "stream") & (frame.decay == 0)]
    best = rows.loc[rows.groupby("seed").loss.idxmin()].set_index("seed").rate
    largest = rows[rows.loss < rows.start].groupby("seed").rate.max()
    return (best / largest).to_numpy()


def cross(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train least squares of growing size and data by both recipes; return (growth, recipe, size, steps, seed, loss, expected)."""
    source, rows = generator(seed), []
    total = float(settings.law.variances().sum())
    shares = torch.tensor(list(SHARES.values()), dtype=torch.float64, device=device)
    for growth, size in itertools.product(GROWTHS, settings.sizes):
        smallest = settings.sizes[0]
        steps = round(settings.samples * smallest * (size / smallest) ** growth)
        exact = expected_loss(settings.law, size, steps, shares / total)
        rates = (shares / total).repeat_interleave(settings.runs)
        found = sampled_loss(settings.law, size, steps, rates, source).unflatten(
            0, (len(SHARES), -1)
        )
        for recipe, values, mean in zip(SHARES, found.tolist(), exact.tolist(), strict=True):
            rows += [
                (growth, recipe, size, steps, i, value, mean) for i, value in enumerate(values)
            ]
    return pd.DataFrame(
        rows, columns=["growth", "recipe", "size", "steps", "seed", "loss", "expected"]
    )


def ends(frame: pd.DataFrame, growth: float, size: int) -> dict[str, np.ndarray]:
    """Return {recipe: decimal logarithm of the loss, one value a seed} at one size."""
    rows = frame[(frame.growth == growth) & (frame["size"] == size)].sort_values("seed")
    return {recipe: np.log10(rows[rows.recipe == recipe].loss.to_numpy()) for recipe in SHARES}


def crossing(frame: pd.DataFrame, growth: float) -> float:
    """Return the size at which the expected losses of both recipes are equal, by interpolation; infinite if at none."""
    table = frame[frame.growth == growth].pivot_table(
        index="size", columns="recipe", values="expected"
    )
    lead = np.log(table["quarter"] / table["large"]).to_numpy()
    after = np.flatnonzero(lead < 0)
    if not after.size or not after[0]:
        return np.inf
    i = after[0]
    sizes = np.log(table.index.to_numpy()[[i - 1, i]])
    return float(np.exp(np.interp(0, -lead[[i - 1, i]], sizes)))
