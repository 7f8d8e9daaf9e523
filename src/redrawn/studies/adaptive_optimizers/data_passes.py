"""Stochastic and batch methods by passes through data (Bottou, Curtis and Nocedal, 2018).

Passages of Shakespeare, of which a pronoun is removed, stand in for RCV1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import optimize, sparse, special

from redrawn.studies.adaptive_optimizers.removed_pronouns import draw
from redrawn.studies.adaptive_optimizers.sparse_rows import Rows
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; a seed is a draw of passages and of their order."""

    passages: int
    words: int
    passes: int
    seeds: int
    steps: tuple[float, ...] = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
    looks: int = 20
    trials: int = 4

    def look_after(self) -> set[int]:
        """Return after how many passages of a pass the risk is looked at."""
        return {self.passages * (j + 1) // self.looks for j in range(self.looks)}


SETTINGS = {
    "quick": Settings(6000, 500, 6, 4, trials=2),
    "standard": Settings(8000, 1000, 60, 8),
    # about as many rows as RCV1's figure suggests: nearly all that the plays have
    "paper": Settings(30_000, 20_000, 60, 8),
}


def risk(w: np.ndarray, x: sparse.csr_array, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean logistic loss, in nats, and its gradient."""
    margins = y * (x @ w)
    loss = np.logaddexp(0, -margins).mean()
    return loss, -(x.T @ (y * special.expit(-margins))) / len(y)


def batch(x: sparse.csr_array, y: np.ndarray, passes: int) -> pd.DataFrame:
    """Run L-BFGS from zero; return (steps, passes, risk): each iterate at the passes that were made to find it.

    An evaluation of risk and gradient is a pass. The evaluation at a new iterate is the first of its own step, so that
    it counts for the next one; a line search that tries twice costs twice.
    """
    evaluations, rows = [], []

    def evaluate(w):
        value, slope = risk(w, x, y)
        evaluations.append(value)
        return value, slope

    def record(intermediate_result):
        rows.append((len(evaluations) - 1, intermediate_result.fun))

    start = np.zeros(x.shape[1])
    optimize.minimize(
        evaluate, start, jac=True, method="L-BFGS-B", callback=record,
        options={"maxiter": passes, "maxfun": passes + 1, "ftol": 0, "gtol": 0},
    )  # fmt: skip
    found = pd.DataFrame([(0, evaluations[0]), *rows], columns=["passes", "risk"])
    return found.assign(steps=range(len(found)))


def least_risk(x: sparse.csr_array, y: np.ndarray) -> float:
    """Return the least mean logistic loss."""
    found = optimize.minimize(
        risk, np.zeros(x.shape[1]), (x, y), jac=True, method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 10_000, "ftol": 1e-14, "gtol": 1e-7},
    )  # fmt: skip
    return found.fun


def choose_step(settings: Settings, seed: int, device: str) -> float:
    """Return the step size of least mean risk over the second half of a first pass, on draws of their own.

    The risk after the last step alone hangs on the last few passages.
    """
    source = generator(seed + 10_000)
    draws = [draw(settings.passages, settings.words, source) for _ in range(settings.trials)]
    copies = Rows([data for data in draws for _ in settings.steps], device)
    w = torch.zeros((len(copies.labels), copies.columns + 1), device=device)
    order = torch.randperm(settings.passages, generator=source).to(device).expand(len(w), -1)
    rate = torch.tensor(settings.steps * settings.trials, device=device)
    seen = [losses for _, losses in copies.one_pass(w, rate, order, settings.look_after())]
    means = torch.stack(seen[len(seen) // 2 :]).mean(0).view(settings.trials, -1).mean(0)
    return settings.steps[int(means.argmin())]


def compare(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, float]:
    """Run both methods on each draw; return (method, seed, steps, passes, points, risk, gap) and the step size chosen.

    `points` are data points accessed, `gap` the risk above its minimum. `steps` count L-BFGS's own, one a pass as in the
    original if line searches are free; for stochastic gradients they are the passes.
    """
    source = generator(seed)
    draws = [draw(settings.passages, settings.words, source) for _ in range(settings.seeds)]
    least = [least_risk(*data) for data in draws]
    frames = [
        batch(*data, settings.passes).assign(method="L-BFGS", seed=i)
        for i, data in enumerate(draws)
    ]
    step = choose_step(settings, seed, device)
    rows = Rows(draws, device)
    w = torch.zeros((settings.seeds, rows.columns + 1), device=device)
    found = [("stochastic gradient", i, 0.0, float(np.log(2))) for i in range(settings.seeds)]
    n = settings.passages
    for done in range(settings.passes):
        order = torch.stack([torch.randperm(n, generator=source) for _ in range(settings.seeds)])
        looks = {n} if done else settings.look_after()
        for seen, losses in rows.one_pass(w, step, order.to(device), looks):
            each = enumerate(losses.tolist())
            found += [("stochastic gradient", i, done + seen / n, v) for i, v in each]
    stochastic = pd.DataFrame(found, columns=["method", "seed", "passes", "risk"])
    frames.append(stochastic.assign(steps=stochastic.passes))
    frame = pd.concat(frames, ignore_index=True)
    frame["gap"] = frame.risk - frame.seed.map(dict(enumerate(least)))
    frame["points"] = frame.passes * n
    return frame, step


def late(frame: pd.DataFrame, passes: int, last: int = 5) -> dict[str, list[float]]:
    """Return {method: mean gap of iterates found in the last of so many passes}, one value a seed."""
    rows = frame[(frame.passes > passes - last) & (frame.passes <= passes)]
    means = rows.groupby(["method", "seed"]).gap.mean()
    return {m: means[m].sort_index().tolist() for m in frame.method.unique()}


def at(frame: pd.DataFrame, unit: str, count: int, column: str) -> dict[str, list[float]]:
    """Return {method: column of the last iterate within so many passes, or steps}, one value a seed."""
    rows = frame[frame[unit] <= count].sort_values(unit)
    last = rows.groupby(["method", "seed"])[column].last()
    return {m: last[m].sort_index().tolist() for m in frame.method.unique()}
