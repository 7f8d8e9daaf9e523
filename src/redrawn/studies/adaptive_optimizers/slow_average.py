"""AdEMAMix on Rosenbrock's function and on a small language model (Pagliardini, Ablin and Grangier, 2024)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import plays
from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.directional_sharpness import Text
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import generator

START, NEAR = (-3.0, 5.0), 0.01
TOY_RATES = (0.1, 0.3, 1.0, 3.0, 10.0)
SECOND = 0.999  # β₂
TOY_ALPHA = 9.0
AVERAGES = (0.9, 0.99, 0.999, 0.9999)

TOY = {
    **{f"Adam, β₁ = {b:g}": (lambda p, b=b: torch.optim.Adam(p, 1.0, (b, SECOND))) for b in AVERAGES},
    **{f"AdEMAMix, β₃ = {b:g}": (lambda p, b=b: optimizers.AdEMAMix(p, 1.0, (0.9, SECOND, b), TOY_ALPHA)) for b in (0.999, 0.9999)},
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Sizes of the language model and its training; the schedules of AdEMAMix last all steps."""

    steps: int
    seeds: int
    width: int
    batch: int
    injected: int
    watched: int
    toy_steps: int = 5000
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
    "quick": Settings(20, 2, 16, 4, 8, 12, 2500, (0.003, 0.01), warm_up=5),
    "standard": Settings(700, 4, 32, 16, 300, 200),
}


def slope(x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of (1 − x₁)² + 100 (x₂ − x₁²)² at points (e, 2)."""
    first, second = x.unbind(1)
    beyond = 200 * (second - first**2)
    return torch.stack([2 * (first - 1) - 2 * first * beyond, beyond], 1)


def toy(settings: Settings, device: str) -> pd.DataFrame:
    """Run every method at every rate; return (method, rate, step, distance, nearest), `nearest` the least distance so far."""
    frames = []
    for method, make in TOY.items():
        rates = torch.tensor(TOY_RATES, dtype=torch.float64, device=device)
        x = torch.tensor(START, dtype=torch.float64, device=device).repeat(len(rates), 1)
        run, path = OwnRates([x], make, rates), []
        for _ in range(settings.toy_steps):
            path.append((x - 1).norm(dim=1))
            run.step([slope(x)])
        distances = torch.stack([*path, (x - 1).norm(dim=1)]).cpu().numpy()
        for rate, line in zip(TOY_RATES, distances.T, strict=True):
            frame = pd.DataFrame({"step": np.arange(len(line)), "distance": line})
            nearest = np.minimum.accumulate(line)
            frames.append(frame.assign(method=method, rate=rate, nearest=nearest))
    return pd.concat(frames, ignore_index=True)


def arrivals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return (method, rate, steps): steps until first within NEAR of the minimum, all of them where it never is."""
    near = frame[frame.distance <= NEAR].groupby(["method", "rate"], sort=False).step.min()
    every = pd.MultiIndex.from_product([list(TOY), TOY_RATES], names=["method", "rate"])
    return near.reindex(every, fill_value=frame.step.max()).rename("steps").reset_index()


def fastest(found: pd.DataFrame, series: dict[str, str]) -> dict[str, int]:
    """Return {name: least steps over rates and all methods whose name matches the pattern}."""
    return {n: int(found[found.method.str.contains(p)].steps.min()) for n, p in series.items()}


def at_best_rate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each method at the rate that is first near the minimum."""
    found = arrivals(frame)
    best = found.loc[found.groupby("method", sort=False).steps.idxmin()].set_index("method").rate
    return frame[frame.rate == frame.method.map(best)]


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
