"""AdEMAMix on a small language model (Pagliardini, Ablin and Grangier, 2024)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import plays
from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.directional_sharpness import Text
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import generator

SECOND = 0.999  # β₂


@dataclass(frozen=True)
class Settings:
    """Sizes of the language model and its training; the schedules of AdEMAMix last all steps."""

    steps: int
    seeds: int
    width: int
    batch: int
    injected: int
    watched: int
    rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    alpha: float = 5.0
    slow: float = 0.995
    warm_up: int = 50
    layers: int = 2
    heads: int = 2
    context: int = 32
    looks: int = 20
    held: int = 64


SETTINGS = {
    "quick": Settings(10, 2, 16, 4, 4, 6, (0.003, 0.01), warm_up=3, looks=5, held=16),
    "standard": Settings(700, 4, 32, 16, 300, 200),
    # the paper's network of 110 million, its warm-up and the shortest of its horizons, with β₃ for that one; texts of
    # 1024 in batches of 64 do not fit one GPU beside attention that is kept whole
    "paper": Settings(
        32_000, 2, 768, 32, 16_000, 4000, (0.0005, 0.001), alpha=8.0, slow=0.999, warm_up=3000,
        layers=12, heads=12, context=256,
    ),
}  # fmt: skip


def _methods(settings: Settings) -> dict:
    betas = (0.9, SECOND, settings.slow)
    return {
        "Adam": lambda p: torch.optim.Adam(p, 1.0, (0.9, SECOND)),
        "AdEMAMix": lambda p: optimizers.AdEMAMix(p, 1.0, betas, settings.alpha, settings.steps),
    }


def _factor(settings: Settings, step: int) -> float:
    """Return the share of the rate: a linear warm-up, then a cosine to zero."""
    cosine = (1 + np.cos(np.pi * step / settings.steps)) / 2
    return min((step + 1) / settings.warm_up, 1.0) * cosine


def held_out(settings: Settings, device: str) -> torch.Tensor:
    """Return evenly spaced texts of the plays that are not trained on, (held, context + 1)."""
    codes, _ = plays.shakespeare("test")
    length = settings.context + 1
    at = np.linspace(0, len(codes) - length, settings.held).astype(int)
    return torch.from_numpy(codes[at[:, None] + np.arange(length)].astype(np.int64)).to(device)


def language(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train at every rate; return (method, rate, seed, tokens, loss), loss on held-out text in nats a character."""
    rows = []
    copies = len(settings.rates)
    texts = held_out(settings, device)
    every = max(settings.steps // settings.looks, 1)
    for method, make in _methods(settings).items():
        source = generator(seed)  # the same starts and batches for both
        text = Text(settings, settings.seeds, source, device)
        w = text.model.initial(settings.seeds, source, device).repeat(copies, 1)
        rates = torch.tensor(settings.rates, device=device).repeat_interleave(settings.seeds)
        run = OwnRates([w], make, rates)
        for step in range(settings.steps):
            batch = text.batch(settings.batch).repeat(copies, 1, 1)
            run.step([text.gradient(w, batch)[1]], _factor(settings, step))
            if (step + 1) % every == 0:
                with torch.no_grad():
                    losses = text.model.loss(w, texts.expand(len(w), -1, -1))
                tokens = (step + 1) * settings.batch * settings.context
                for rate, line in zip(settings.rates, losses.view(copies, -1).tolist(), strict=True):  # fmt: skip
                    rows += [(method, rate, i, tokens, v) for i, v in enumerate(line)]
    return pd.DataFrame(rows, columns=["method", "rate", "seed", "tokens", "loss"])


def best(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the rows of each method at its rate of least mean loss at the end, and those rates."""
    last = frame[frame.tokens == frame.tokens.max()].groupby(["method", "rate"]).loss.mean()
    rates = {method: float(last[method].idxmin()) for method in frame.method.unique()}
    return frame[frame.rate == frame.method.map(rates)], rates


def forgetting(settings: Settings, seed: int, device: str, rates: dict) -> pd.DataFrame:
    """Show one batch once to half of the networks; return (method, seed, since, loss, kept).

    `loss` is how much lower the batch's loss is than in a twin that never saw it, `kept` that over its largest value.
    """
    rows = []
    for method, make in _methods(settings).items():
        source = generator(seed + 1)
        text = Text(settings, settings.seeds, source, device)
        w = text.model.initial(settings.seeds, source, device).repeat(2, 1)
        once = text.batch(settings.batch)
        run = OwnRates([w], make, torch.full((len(w),), rates[method], device=device))
        lost = []
        for step in range(settings.injected + settings.watched):
            batch = text.batch(settings.batch)
            shown = once if step == settings.injected else batch
            gradient = text.gradient(w, torch.cat([shown, batch]))[1]
            run.step([gradient], _factor(settings, step))
            if step >= settings.injected:
                with torch.no_grad():
                    seen, twin = text.model.loss(w, once.repeat(2, 1, 1)).view(2, -1)
                lost.append(twin - seen)
        table = torch.stack(lost)
        for since, line in enumerate(zip(table.tolist(), (table / table.amax(0)).tolist(), strict=True)):  # fmt: skip
            rows += [(method, i, since, *both) for i, both in enumerate(zip(*line, strict=True))]
    return pd.DataFrame(rows, columns=["method", "seed", "since", "loss", "kept"])


def ends(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {method: loss after all tokens, by seed}."""
    last = frame[frame.tokens == frame.tokens.max()].pivot(index="seed", columns="method", values="loss")  # fmt: skip
    return {method: last[method].tolist() for method in last}


def memory(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {method: mean share kept over the later half of the steps since, by seed}."""
    late = frame[2 * frame.since >= frame.since.max()]
    means = late.groupby(["method", "seed"]).kept.mean()
    return {method: means[method].tolist() for method in means.index.levels[0]}
