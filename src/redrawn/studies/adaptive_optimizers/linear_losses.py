"""Adam and AMSGrad on linear losses over [−1, 1], and on digits (Reddi, Kale and Kumar, 2018).

Gradients of linear losses do not depend on the iterate. Both moments are then linear filters of gradients known in
advance, and the iterate is a sum of known steps that is clipped as it goes: millions of rounds in a second.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy.signal import lfilter

from redrawn.data import digits
from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates
from redrawn.studies.ensemble import cross_entropy, generator
from redrawn.studies.tidy import per_seed

METHODS = ("Adam", "AMSGrad")
FIGURE_BETAS = (0.9, 0.99)
STEEP, PERIOD, CHANCE = 1010.0, 101, 0.01


@dataclass(frozen=True)
class Settings:
    """Sizes; the paper gives neither α, nor the start, nor the number of rounds."""

    rounds: int
    stochastic_rounds: int
    digit_seeds: int
    digit_epochs: int
    seeds: int = 8
    online_alpha: float = 0.5
    stochastic_alpha: float = 2.0
    slopes: tuple[float, ...] = (3.0, 5.0, 10.0)
    alphas: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    second: tuple[float, ...] = (0.99, 0.999)
    side: int = 14
    batch: int = 128
    train: int = 5000


SETTINGS = {
    "quick": Settings(1_000_000, 3_000_000, 4, 3),
    "standard": Settings(3_000_000, 10_000_000, 8, 10),
    "paper": Settings(10_000_000, 10_000_000, 10, 100, side=28),
}


def clipped_sum(
    steps: Float[np.ndarray, "n"], start: float = 0.0, low: float = -1.0, high: float = 1.0
) -> Float[np.ndarray, "n"]:
    """Return x after each of x ← clip(x + step, low, high).

    Such maps compose to maps min(max(x + a, b), c): blocks are composed side by side, and only their ends one by one.
    """
    block = int(np.sqrt(len(steps))) + 1
    table = np.zeros((block, -(-len(steps) // block)))
    table.T.flat[: len(steps)] = steps  # a block a column
    move, bottom, top = np.zeros(table.shape[1]), low, high
    for row in table:
        move = move + row
        bottom, top = np.clip(bottom + row, low, high), np.clip(top + row, low, high)
    starts = np.empty(table.shape[1])
    for i in range(len(starts)):
        starts[i] = start
        start = min(max(start + move[i], bottom[i]), top[i])
    x = starts
    for i, row in enumerate(table):
        x = table[i] = np.clip(x + row, low, high)
    return table.T.flatten()[: len(steps)]


def play(gradients: Float[np.ndarray, "n"], alpha: float, betas, start: float = 0.0) -> dict:
    """Return each method's iterates x_1, …, x_n with steps α/√t, and its √v, both of shape (n,)."""
    first, second = betas
    mean = lfilter([1 - first], [1, -first], gradients)
    square = lfilter([1 - second], [1, -second], gradients**2)
    rate = alpha / np.sqrt(np.arange(1, len(gradients) + 1))
    found = {}
    for method in METHODS:
        scale = np.sqrt(np.maximum.accumulate(square) if method == "AMSGrad" else square)
        after = clipped_sum(-rate * mean / scale, start)
        found[method] = np.concatenate([[start], after[:-1]]), scale
    return found


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


def logistic(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Fit digits at every α and β₂; return (method, alpha, second, seed, loss), the loss on all pictures, in nats."""
    source = generator(seed)
    images, labels = digits.mnist(settings.side)
    x = torch.from_numpy(images).float().reshape(len(images), -1).to(device)
    y = torch.from_numpy(labels).to(device)
    alphas, seeds = torch.tensor(settings.alphas, device=device), settings.digit_seeds
    copies = len(alphas) * seeds
    runs = {}
    for method in METHODS:
        for second in settings.second:
            w = torch.zeros(copies, x.shape[1] + 1, 10, device=device)
            make = lambda p, s=second, m=method: optimizers.AMSGrad(  # noqa: E731
                p, 1.0, (0.9, s), largest=m == "AMSGrad"
            )
            runs[method, second] = w, OwnRates([w], make, alphas.repeat_interleave(seeds))
    x = torch.cat([x, torch.ones(len(x), 1, device=device)], 1)
    steps = settings.train // settings.batch
    for epoch in range(settings.digit_epochs):
        order = torch.stack([torch.randperm(len(x), generator=source) for _ in range(seeds)])
        order = order.to(device)
        for k in range(steps):
            chosen = order[:, k * settings.batch : (k + 1) * settings.batch]
            rows = x[chosen].repeat(len(alphas), 1, 1)
            truth = torch.nn.functional.one_hot(y[chosen], 10).repeat(len(alphas), 1, 1)
            factor = (epoch * steps + k + 1) ** -0.5
            for w, run in runs.values():
                error = (rows @ w).softmax(-1) - truth
                run.step([rows.mT @ error / settings.batch], factor)
    found = []
    for (method, second), (w, _) in runs.items():
        losses = cross_entropy(x @ w, y.expand(copies, -1)).view(len(alphas), seeds).tolist()
        for alpha, line in zip(settings.alphas, losses, strict=True):
            found += [(method, alpha, second, i, v) for i, v in enumerate(line)]
    return pd.DataFrame(found, columns=["method", "alpha", "second", "seed", "loss"])


def best(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return {method: losses by seed} at the α and β₂ of least mean loss."""
    means = frame.groupby(["method", "alpha", "second"]).loss.mean()
    found = {}
    for method in METHODS:
        alpha, second = means[method].idxmin()
        chosen = frame[(frame.alpha == alpha) & (frame.second == second)]
        found |= per_seed(chosen[chosen.method == method], "method", "loss")
    return found
