"""Stochastic and batch methods by passes through data, and the noise of fixed steps (Bottou, Curtis and Nocedal, 2018).

The text stands in for RCV1: from the ten words before and after a removed *thou* or *you* (in any case), tell which it was.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import torch
from scipy import optimize, sparse, special

from redrawn.data import plays
from redrawn.studies.ensemble import generator

FAMILIAR = frozenset({"thou", "thee", "thy", "thine", "thyself"})
POLITE = frozenset({"you", "ye", "your", "yours", "yourself"})
NEIGHBOURS = 10


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
    "quick": Settings(6000, 1000, 6, 6),
    "standard": Settings(8000, 1000, 60, 8),
    # about as many rows as RCV1's figure suggests: nearly all that the plays have
    "paper": Settings(30_000, 20_000, 60, 8),
}


@cache
def _passages(words: int):
    """Return places in the vocabulary, (n, 2·NEIGHBOURS), `words` for a word outside of it, and labels ±1."""
    codes, alphabet = plays.shakespeare("train")
    text = np.frombuffer(alphabet.encode("latin-1"), np.uint8)[codes].tobytes().decode("latin-1")
    tokens = re.findall(r"[a-z']+", text.lower())
    hidden = FAMILIAR | POLITE
    counts = Counter(t for t in tokens if t not in hidden)
    vocabulary = {word: i for i, (word, _) in enumerate(counts.most_common(words))}
    places = np.array([vocabulary.get(t, words) for t in tokens])
    spots = [i for i, t in enumerate(tokens) if t in hidden]
    spots = np.array([i for i in spots if NEIGHBOURS <= i < len(tokens) - NEIGHBOURS])
    offsets = np.delete(np.arange(-NEIGHBOURS, NEIGHBOURS + 1), NEIGHBOURS)
    labels = np.array([1.0 if tokens[i] in FAMILIAR else -1.0 for i in spots])
    return places[spots[:, None] + offsets], labels


def draw(settings: Settings, source: torch.Generator) -> tuple[sparse.csr_array, np.ndarray]:
    """Return unit rows of word counts times inverse document frequencies, with a constant of one, and labels ±1."""
    places, labels = _passages(settings.words)
    chosen = torch.randperm(len(labels), generator=source)[: settings.passages].numpy()
    places, labels = places[chosen], labels[chosen]
    rows = np.repeat(np.arange(len(labels)), places.shape[1])
    shape = (len(labels), settings.words + 1)
    counts = sparse.csr_array((np.ones(places.size), (rows, places.ravel())), shape=shape)
    counts = counts[:, : settings.words]
    known = (counts > 0).sum(0)
    x = counts * np.log(len(labels) / np.maximum(known, 1))[None]
    norm = np.sqrt((x * x).sum(1))
    x = sparse.csr_array(x / np.maximum(norm, 1e-12)[:, None])
    return sparse.csr_array(sparse.hstack([x, np.ones((len(labels), 1))])), labels


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


class Rows:
    """Sparse rows of several draws, padded to one length: places (s, n, k), values (s, n, k), labels (s, n)."""

    def __init__(self, draws: list[tuple[sparse.csr_array, np.ndarray]], device: str):
        k = max(int(np.diff(x.indptr).max()) for x, _ in draws)
        self.columns = draws[0][0].shape[1]
        places, values = [], []
        for x, _ in draws:
            mask = np.arange(k) < np.diff(x.indptr)[:, None]
            place, value = np.full(mask.shape, self.columns), np.zeros(mask.shape, np.float32)
            place[mask], value[mask] = x.indices, x.data
            places.append(place)
            values.append(value)
        self.places = torch.from_numpy(np.stack(places)).to(device)
        self.values = torch.from_numpy(np.stack(values)).to(device)
        self.labels = torch.from_numpy(np.stack([y for _, y in draws])).float().to(device)

    def margins(self, w):
        """Return y wᵀx of all rows, (s, n), of weights (s, columns + 1) whose last belongs to the padding."""
        s, n, k = self.places.shape
        picked = w.gather(1, self.places.view(s, n * k)).view(s, n, k)
        return self.labels * (picked * self.values).sum(-1)

    def one_pass(self, w, rate, order, after: set[int]):
        """Make a step with each row, in this order (s, n); yield (rows seen, mean loss) after so many of them."""
        pick = order[..., None].expand(-1, -1, self.places.shape[-1])
        places, values = self.places.gather(1, pick), self.values.gather(1, pick)
        signed = values * self.labels.gather(1, order)[..., None]
        # one contiguous block a step: slicing the middle dimension is slower than the arithmetic
        places, signed = (t.transpose(0, 1).contiguous() for t in (places, signed))
        for t in range(order.shape[1]):
            margin = (w.gather(1, places[t]) * signed[t]).sum(1)
            pull = rate * torch.sigmoid(-margin)
            w.scatter_add_(1, places[t], pull[:, None] * signed[t])
            if t + 1 in after:
                yield t + 1, torch.nn.functional.softplus(-self.margins(w)).mean(1)


def choose_step(settings: Settings, seed: int, device: str) -> float:
    """Return the step size of least mean risk over the second half of a first pass, on draws of their own.

    The risk after the last step alone hangs on the last few passages.
    """
    source = generator(seed + 10_000)
    draws = [draw(settings, source) for _ in range(settings.trials)]
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
    draws = [draw(settings, source) for _ in range(settings.seeds)]
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
