"""Weight decay and step sizes with few data and with a stream, for a small language model (Xiao)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data.plays import shakespeare
from redrawn.methods.language import CharacterTransformer
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; `few` characters are read again and again where data repeat."""

    context: int
    width: int
    steps: int
    few: int
    seeds: int
    layers: int = 1
    heads: int = 2
    batch: int = 8
    rate: float = 0.01
    decay: float = 0.3
    rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    unseen: int = 100


SETTINGS = {
    "quick": Settings(16, 16, 100, 1000, 3),
    "standard": Settings(32, 24, 800, 5000, 4),
    # NanoDO's default width and depth, and one pass of nearly all characters that there are
    "paper": Settings(
        256, 512, 700, 50_000, 3, layers=6, heads=8, rate=0.001, decay=1.0,
        rates=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
    ),
}  # fmt: skip


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
