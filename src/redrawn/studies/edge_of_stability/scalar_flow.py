"""Sharpness of the gradient flow solution along gradient descent on scalar networks (Kreisler et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.methods.stability import scalar_network
from redrawn.studies.ensemble import generator

GRID = ((2, 0.2), (3, 0.2), (4, 0.2), (4, 0.05), (6, 0.1))
DEPTH, STEP = 4, 0.2


@dataclass(frozen=True)
class Settings:
    """Starts a depth and step size, and steps of each experiment."""

    starts: int
    steps: int
    edge_steps: int = 6000
    replicates: int = 5


SETTINGS = {
    "quick": Settings(100, 200),
    "standard": Settings(1000, 500),
    "paper": Settings(10_000, 2000),
}


def scalar_runs(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (depth, step_size, start, iteration, loss, flow_sharpness) for starts moved by 5 %.

    The theory is for weights that keep their signs; other runs are left out.
    """
    source, frames = generator(seed), []
    for depth, step in GRID:
        w = scalar_network.solutions(settings.starts, depth, step, source, 0.05).to(device)
        path = _path(w, step, settings.steps)
        path = path[:, (path > 0).all(-1).all(0)]
        time, start = np.indices(path.shape[:2])
        frames.append(pd.DataFrame({
            "depth": depth, "step_size": step, "start": start.ravel(), "iteration": time.ravel(),
            "loss": scalar_network.loss(path).cpu().numpy().ravel(),
            "flow_sharpness": scalar_network.flow_sharpness(path).cpu().numpy().ravel(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def rises(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return (depth, step_size, start, rise): the largest relative rise of a column in a step of each run."""
    keys = ["depth", "step_size", "start"]
    ordered = frame.sort_values([*keys, "iteration"])
    change = ordered.groupby(keys, sort=False)[column].pct_change()
    return ordered.assign(rise=change).groupby(keys, as_index=False).rise.max()


def largest_rise(frame: pd.DataFrame) -> list[float]:
    """Return the largest relative rise of the flow solution's sharpness, one value a depth and step size."""
    return rises(frame, "flow_sharpness").groupby(["depth", "step_size"]).rise.max().tolist()


def share_rising(frame: pd.DataFrame) -> list[float]:
    """Return the share of runs whose loss rises by more than rounding, one value a depth and step size."""
    found = rises(frame[frame.loss > 1e-20], "loss")
    return (found.rise > 1e-6).groupby([found.depth, found.step_size]).mean().tolist()


def trajectory(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (iteration, loss, sharpness, flow_sharpness) of a few runs, for the headline figure."""
    w = scalar_network.solutions(40, DEPTH, STEP, generator(seed), 0.1).to(device)
    path = _path(w, STEP, 60)
    path = path[:, (path > 0).all(-1).all(0)][:, :3]
    time, start = np.indices(path.shape[:2])
    values = {"loss": scalar_network.loss, "sharpness": scalar_network.sharpness,
              "flow_sharpness": scalar_network.flow_sharpness}  # fmt: skip
    columns = {name: f(path).cpu().numpy().ravel() for name, f in values.items()}
    return pd.DataFrame({"start": start.ravel(), "iteration": time.ravel(), **columns})


def edge(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (replicate, first, last): sharpness of the flow solution over 2/η at the start and after many steps."""
    count = settings.replicates * settings.starts
    w = scalar_network.solutions(count, DEPTH, STEP, generator(seed), 1e-3).to(device)
    first = scalar_network.flow_sharpness(w) * STEP / 2
    for _ in range(settings.edge_steps):
        w = scalar_network.descend(w, STEP)
    last = scalar_network.flow_sharpness(w) * STEP / 2
    replicate = np.arange(count) % settings.replicates
    return pd.DataFrame({"replicate": replicate, "first": first.cpu(), "last": last.cpu()})


def _path(w: Tensor, step: float, steps: int) -> Tensor:
    path = [w]
    for _ in range(steps):
        path.append(scalar_network.descend(path[-1], step))
    return torch.stack(path)
