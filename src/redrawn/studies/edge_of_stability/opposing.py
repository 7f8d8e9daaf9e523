"""Outliers with opposing signals: the linear model over its population, and a perceptron on pictures of clothing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data.fashion import fashion_mnist
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.methods.stability import opposing_signals as model
from redrawn.studies.ensemble import generator

ALPHA, SHARE, SIGNAL, STEP = 20.0, 0.02, 4.0, 0.03
SIGNALS = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Settings:
    """Starts and steps of the model; pictures, units and steps of the perceptron, and examples in a group."""

    starts: int = 6
    features: int = 10
    steps: int = 200
    slow_steps: int = 2500
    seeds: int = 16
    pictures: int = 300
    hidden: int = 24
    network_steps: int = 300
    learning_rate: float = 0.4
    group: int = 10
    later: int = 40
    transient: int = 50
    random_pairs: int = 50


SETTINGS = {
    "quick": Settings(),
    "standard": Settings(starts=20, seeds=20, pictures=500, hidden=32, network_steps=500),
    "paper": Settings(starts=100, seeds=20, pictures=6000, hidden=256, network_steps=5000),
}


def spike(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, iteration, loss, plus, minus, sharpness) of gradient descent; the loss is without its constant."""
    state, beta = _start(settings, (SIGNAL,) * settings.starts, seed, device)
    path = [state]
    for _ in range(settings.steps):
        path.append(_descend(path[-1], beta, STEP))
    states = torch.stack(path)
    columns = {
        "loss": model.population_loss(states, beta, ALPHA) - ALPHA / 2,
        "plus": model.group_loss(states, beta, ALPHA, SHARE, 1),
        "minus": model.group_loss(states, beta, ALPHA, SHARE, -1),
        "sharpness": model.sharpness(states.flatten(0, 1), beta.repeat(len(path), 1), ALPHA).view(
            len(path), -1
        ),
    }
    time, start = np.indices(columns["loss"].shape)
    flat = {name: values.cpu().numpy().ravel() for name, values in columns.items()}
    return pd.DataFrame({"seed": start.ravel(), "iteration": time.ravel(), **flat})


def height(frame: pd.DataFrame) -> list[float]:
    """Return log₁₀ of the highest loss after the crossing of 2/η over the lowest before that peak, one value a start."""
    found = []
    for _, rows in frame.groupby("seed"):
        loss, crossed = rows.loss.to_numpy(), np.argmax(rows.sharpness.to_numpy() > 2 / STEP)
        peak = crossed + loss[crossed:].argmax()
        found.append(np.log10(loss[peak] / loss[: peak + 1].min()))
    return found


def opposition(frame: pd.DataFrame) -> list[float]:
    """Return the correlation of both groups' changes in loss after the crossing, one value a start."""
    found = []
    for _, rows in frame.groupby("seed"):
        after = rows[np.maximum.accumulate(rows.sharpness.to_numpy() > 2 / STEP)]
        found.append(np.corrcoef(after.plus.diff()[1:], after.minus.diff()[1:])[0, 1])
    return found


def sharpening(settings: Settings, seed: int, device: str) -> dict[str, list]:
    """Return the sharpness at which small steps end, by the norm of the signal, one list a start."""
    step = 1.5 / (ALPHA * max(SIGNALS))  # 2 would reach the edge
    state, beta = _start(settings, np.repeat(SIGNALS, settings.starts), seed, device)
    for _ in range(settings.slow_steps):
        state = _descend(state, beta, step)
    sharp = model.sharpness(state, beta, ALPHA).view(len(SIGNALS), -1)
    return {"x": list(SIGNALS), "y": sharp.T.tolist()}


def perceptron(settings: Settings, seed: int, device: str):
    """Train on squared errors by full batches; return each example's loss by step, (t, e, n), the pictures' indices (e, n), and η λ₁ / 2 at the end, (e,)."""
    images, labels = fashion_mnist("train", 14)
    source, e = generator(seed), settings.seeds
    chosen = torch.stack(
        [torch.randperm(len(images), generator=source)[: settings.pictures] for _ in range(e)]
    )
    x = torch.as_tensor(images).flatten(1)[chosen].to(device)
    x = x - x.mean(1, keepdim=True)
    target = torch.nn.functional.one_hot(torch.as_tensor(labels)[chosen], 10).float().to(device)
    inputs, h = x.shape[-1], settings.hidden
    scale = torch.cat([torch.full((inputs * h,), inputs**-0.5), torch.full((h * 10,), h**-0.5)])
    w = (scale * torch.randn(e, len(scale), generator=source)).to(device)

    def logits(p):
        first, second = p.split([inputs * h, h * 10], 1)
        return (x @ first.unflatten(1, (inputs, h))).tanh() @ second.unflatten(1, (h, 10))

    def each(p):
        return (logits(p) - target).square().sum(-1) / 2

    def total(p):
        return each(p).mean(1).sum()

    losses = []
    for _ in range(settings.network_steps):
        slope = torch.func.grad(total)(w)
        losses.append(each(w))
        w = w - settings.learning_rate * slope
    start = torch.linspace(1, 2, w.shape[1], device=w.device).sin().expand_as(w)
    top = ritz(lanczos(lambda v: hessian_vector_product(total, w, v), start, 12))[0][:, -1]
    return (
        torch.stack(losses).cpu().numpy(),
        chosen.numpy(),
        (settings.learning_rate * top / 2).cpu().numpy(),
    )


def groups(losses: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return for each network the step of its loss's largest rise, and the order of examples by change in it.

    Groups are chosen at this step and judged on later ones, so that the choice is not its own evidence. A first leap down
    from the initial weights, within `transient` steps, is no edge of stability: no oscillation follows it.
    """
    change = np.diff(losses[: -settings.later - 1], axis=0)
    start = settings.transient
    step = start + change.mean(2)[start:].argmax(0)
    order = np.stack([change[t, i].argsort() for i, t in enumerate(step)])
    return step, order


def correlations(losses: np.ndarray, settings: Settings, seed: int) -> dict[str, list[float]]:
    """Return the correlation of two groups' changes over the steps after the choice: opposing, and the mean of random pairs."""
    step, order = groups(losses, settings)
    draw, k = np.random.default_rng(seed), settings.group
    found = {"random": [], "opposing": []}
    for i, t in enumerate(step):
        later = np.diff(losses[t + 2 : t + 2 + settings.later, i], axis=0)
        pairs = [order[i], *(draw.permutation(order[i]) for _ in range(settings.random_pairs))]
        each = [np.corrcoef(later[:, r[:k]].mean(1), later[:, r[-k:]].mean(1))[0, 1] for r in pairs]
        found["opposing"].append(each[0])
        found["random"].append(np.mean(each[1:]))
    return found


def around_spike(losses: np.ndarray, settings: Settings, before: int = 15) -> pd.DataFrame:
    """Return (offset, group, loss) of the first network about the step at which groups were chosen."""
    step, order = groups(losses, settings)
    window = np.arange(step[0] - before, step[0] + settings.later)
    ranks = {
        "losses fell": order[0][: settings.group],
        "losses rose": order[0][-settings.group :],
        "all": order[0],
    }
    frames = [pd.DataFrame({"offset": window - step[0] - 1, "group": name, "loss": losses[window, 0][:, r].mean(1)})
              for name, r in ranks.items()]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def opposing_pictures(
    losses: np.ndarray, chosen: np.ndarray, settings: Settings
) -> dict[str, np.ndarray]:
    """Return the pictures of the first network's two groups, (g, 28, 28)."""
    images, order = fashion_mnist("train")[0], groups(losses, settings)[1][0]
    ranks = {"losses fell": order[: settings.group], "losses rose": order[-settings.group :][::-1]}
    return {name: images[chosen[0][r]] for name, r in ranks.items()}


def _start(settings: Settings, signals, seed: int, device: str):
    source, count = generator(seed), len(signals)
    state = 0.05 * torch.randn(count, 2 + settings.features, generator=source, dtype=torch.float64)
    beta = torch.randn(count, settings.features, generator=source, dtype=torch.float64)
    beta = (
        beta
        / beta.norm(dim=1, keepdim=True)
        * torch.as_tensor(signals, dtype=torch.float64)[:, None]
    )
    return state.to(device), beta.to(device)


def _descend(state, beta, step: float):
    return state - step * torch.func.grad(lambda s: model.population_loss(s, beta, ALPHA).sum())(
        state
    )
