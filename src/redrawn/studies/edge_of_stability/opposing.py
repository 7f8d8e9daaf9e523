"""Outliers with opposing signals: the linear model over its population (Rosenfeld and Risteski)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.stability import opposing_signals as model
from redrawn.studies.ensemble import generator

ALPHA, SHARE, SIGNAL, STEP = 20.0, 0.02, 4.0, 0.03
SIGNALS = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Settings:
    """Starts and steps of the model."""

    starts: int
    features: int = 10
    steps: int = 200
    slow_steps: int = 2500


SETTINGS = {"quick": Settings(6), "standard": Settings(20), "paper": Settings(100)}


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
    return state - step * model.gradient(state, beta, ALPHA)
