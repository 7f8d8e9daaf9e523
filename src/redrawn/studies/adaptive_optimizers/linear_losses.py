"""Adam and AMSGrad on linear losses over [−1, 1], in a fixed order and at random (Reddi, Kale and Kumar, 2018)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.studies.adaptive_optimizers.known_gradients import METHODS, play

FIGURE_BETAS = (0.9, 0.99)
STEEP, PERIOD, CHANCE = 1010.0, 101, 0.01


@dataclass(frozen=True)
class Settings:
    """Sizes; the paper gives neither α, nor the start, nor the number of rounds."""

    rounds: int
    stochastic_rounds: int
    seeds: int = 8
    online_alpha: float = 0.5
    stochastic_alpha: float = 2.0
    slopes: tuple[float, ...] = (3.0, 5.0, 10.0)


SETTINGS = {
    "quick": Settings(1_000_000, 1_000_000, 4),
    "standard": Settings(3_000_000, 10_000_000),
    "paper": Settings(10_000_000, 10_000_000),
}


def looks(rounds: int, count: int = 200) -> np.ndarray:
    """Return rounds to look at, in equal steps of their logarithm and at the end of a period."""
    chosen = np.geomspace(PERIOD, rounds, count).astype(int) // PERIOD * PERIOD
    return np.unique(chosen)


def average_regret(gradients, x) -> np.ndarray:
    """Return R_t/t after each round, against x = −1, which is best for a positive sum of slopes."""
    return np.cumsum(gradients * (x + 1)) / np.arange(1, len(x) + 1)


def online(settings: Settings) -> pd.DataFrame:
    """Play the losses of the paper's first figure; return (method, round, x, regret, negative).

    `x` is the mean over the last period, `regret` R_t/t, `negative` the share of rounds with √v_t/α_t below the one before.
    """
    t = np.arange(1, settings.rounds + 1)
    gradients = np.where(t % PERIOD == 1, STEEP, -10.0)
    at = looks(settings.rounds)
    frames = []
    for method, (x, scale) in play(gradients, settings.online_alpha, FIGURE_BETAS).items():
        sums = np.concatenate([[0.0], np.cumsum(x)])
        # a rounding error of a constant v is no fall of it
        falls = np.diff(scale * np.sqrt(t)) < -1e-9 * scale[1:]
        columns = {"x": (sums[at] - sums[at - PERIOD]) / PERIOD}
        columns |= {"regret": average_regret(gradients, x)[at - 1], "negative": falls.mean()}
        frames.append(pd.DataFrame({"method": method, "round": at, **columns}))
    return pd.concat(frames, ignore_index=True)


def last(frame: pd.DataFrame, column: str) -> dict[str, float]:
    """Return {method: the column at the last look}."""
    rows = frame[frame["round"] == frame["round"].max()].set_index("method")
    return {method: float(rows[column][method]) for method in METHODS}


def exponent(frame: pd.DataFrame, method: str, decades: float = 2.0) -> dict[str, list]:
    """Return {"x": rounds, "y": average regret} of the last decades."""
    rows = frame[(frame.method == method) & (frame["round"] >= frame["round"].max() / 10**decades)]
    return {"x": rows["round"].tolist(), "y": rows.regret.tolist()}


def theorem(settings: Settings) -> pd.DataFrame:
    """Play Cx every third round and −x in the others with the theorem's β; return (method, slope, share).

    `share` is the average regret over 2(C − 2)/3. The start is x = 1, as in the proof.
    """
    t = np.arange(1, settings.rounds + 1)
    rows = []
    for slope in settings.slopes:
        gradients = np.where(t % 3 == 1, slope, -1.0)
        second = 1 / (1 + slope**2)
        alpha = 0.5 * np.sqrt(1 - second)  # the proof wants α < √(1 − β₂)
        for method, (x, _) in play(gradients, alpha, (0.0, second), 1.0).items():
            share = average_regret(gradients, x)[-1] / (2 * (slope - 2) / 3)
            rows.append((method, slope, share))
    return pd.DataFrame(rows, columns=["method", "slope", "share"])


def farthest(frame: pd.DataFrame, method: str, value: float) -> float:
    """Return the method's share that is farthest from a value."""
    shares = frame[frame.method == method].share
    return float(shares.iloc[(shares - value).abs().argmax()])


def stochastic(settings: Settings, seed: int) -> pd.DataFrame:
    """Draw the steep loss once in a hundred rounds; return (method, seed, round, x), means between looks."""
    source = np.random.default_rng([seed, 1])
    at = looks(settings.stochastic_rounds)
    frames = []
    for i in range(settings.seeds):
        steep = source.random(settings.stochastic_rounds) < CHANCE
        gradients = np.where(steep, STEEP, -10.0)
        for method, (x, _) in play(gradients, settings.stochastic_alpha, FIGURE_BETAS).items():
            sums = np.concatenate([[0.0], np.cumsum(x)])
            late = x[-len(x) // 10 :].mean()
            middle = np.diff(sums[at], prepend=0.0) / np.diff(at, prepend=0)
            frames.append(pd.DataFrame({"method": method, "seed": i, "round": at, "x": middle, "late": late}))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def late(frame: pd.DataFrame, method: str) -> list[float]:
    """Return the method's mean iterate over the last tenth of rounds, one a seed."""
    return frame[frame.method == method].groupby("seed").late.last().tolist()
