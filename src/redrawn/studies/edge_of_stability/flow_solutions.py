"""Sharpness of the gradient flow solution along gradient descent: scalar networks, squared regression, a tanh network."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.methods.stability import runge_kutta, scalar_network, squared_regression
from redrawn.studies.ensemble import generator

GRID = ((2, 0.2), (3, 0.2), (4, 0.2), (4, 0.05), (6, 0.1))
DEPTH, STEP = 4, 0.2


@dataclass(frozen=True)
class Settings:
    """Starts a depth and step size, steps of each experiment; `flow` counts Runge–Kutta steps of the network."""

    starts: int
    steps: int
    edge_steps: int = 6000
    replicates: int = 5
    seeds: int = 4
    samples: int = 5
    features: int = 20
    beyond: float = 1.2
    regression_steps: int = 200
    network_seeds: int = 8
    images: int = 12
    hidden: int = 12
    network_steps: int = 300
    every: int = 25
    flow: int = 500

    def beyond_step(self, sharpness: Tensor) -> Tensor:
        """Return the step size at which a solution of this sharpness lies beyond the edge, (e, 1)."""
        return 2 * self.beyond / sharpness[:, None]


SETTINGS = {
    "quick": Settings(200, 200),
    "standard": Settings(1000, 500, seeds=10, network_seeds=12, network_steps=500, flow=1500),
    "paper": Settings(10_000, 2000, seeds=20, network_seeds=20, network_steps=1000, flow=50_000),
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


def regression(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, iteration, loss, flow_sharpness, threshold) of squared regression with random data."""
    source, (e, n, d) = generator(seed), (settings.seeds, settings.samples, settings.features)
    x, y, u = (
        torch.randn(*shape, generator=source, dtype=torch.float64).to(device)
        for shape in ((e, n, d), (e, n), (e, d))
    )
    u = 0.3 + 0.1 * u.abs()
    v = u.clone()
    solved = squared_regression.flow_solution(u, v, x, y)
    step = settings.beyond_step(squared_regression.sharpness_at_solution(*solved, x))
    path = [(u, v)]
    for _ in range(settings.regression_steps):
        path.append(squared_regression.descend(*path[-1], x, y, step))
    us, vs = (torch.stack(part) for part in zip(*path, strict=True))
    loss = squared_regression.residuals(us, vs, x, y).square().mean(-1) / 2
    solved = squared_regression.flow_solution(us, vs, x, y.expand(len(us), -1, -1))
    sharp = squared_regression.sharpness_at_solution(*solved, x)
    return _frame(loss, sharp, 2 / step[:, 0], 1)


def network(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return the same for a tanh network that tells even from odd digits, every few steps, with the loss that is left."""
    images, digits = mnist(7)
    source, e = generator(seed), settings.network_seeds
    chosen = torch.randint(len(images), (e, settings.images), generator=source)
    x = torch.as_tensor(images, dtype=torch.float64).flatten(1)[chosen].to(device)
    y = torch.as_tensor(1 - 2 * (digits % 2), dtype=torch.float64)[chosen].to(device)
    inputs, h = x.shape[-1], settings.hidden
    w = torch.randn(e, inputs * h + h, generator=source, dtype=torch.float64)
    w[:, : inputs * h] /= inputs**0.5 / 2
    w[:, inputs * h :] /= h**0.5
    w = w.to(device)

    def gradient_of(times):
        return torch.func.grad(lambda p: _loss(p, x.repeat(times, 1, 1), y.repeat(times, 1)).sum())

    gradient = gradient_of(1)
    solved = runge_kutta(gradient, w, 1 / _top(w, x, y)[:, None], settings.flow)
    step = settings.beyond_step(_top(solved, x, y))
    points, losses = [w], [_loss(w, x, y)]
    for i in range(1, settings.network_steps + 1):
        w = w - step * gradient(w)
        if i % settings.every == 0:
            points.append(w)
            losses.append(_loss(w, x, y))
    count = len(points)
    many, xs, ys = torch.cat(points), x.repeat(count, 1, 1), y.repeat(count, 1)
    ends = runge_kutta(gradient_of(count), many, 1 / _top(many, xs, ys)[:, None], settings.flow)
    sharp = _top(ends, xs, ys).view(count, e)
    frame = _frame(torch.stack(losses), sharp, 2 / step[:, 0], settings.every)
    return frame.assign(left=_loss(ends, xs, ys).cpu().numpy())


def share_of_rises(frame: pd.DataFrame, above: float) -> list[float]:
    """Return the share of changes of the flow solution's sharpness above a relative size, one value a seed."""
    sharp = frame.pivot(index="iteration", columns="seed", values="flow_sharpness")
    return (sharp.pct_change().iloc[1:] > above).mean().tolist()


def _path(w: Tensor, step: float, steps: int) -> Tensor:
    path = [w]
    for _ in range(steps):
        path.append(scalar_network.descend(path[-1], step))
    return torch.stack(path)


def _frame(loss: Tensor, sharp: Tensor, threshold: Tensor, every: int) -> pd.DataFrame:
    time, seed = np.indices(loss.shape)
    flat = {"loss": loss, "flow_sharpness": sharp, "threshold": threshold.expand_as(loss)}
    columns = {name: values.cpu().numpy().ravel() for name, values in flat.items()}
    return pd.DataFrame({"seed": seed.ravel(), "iteration": every * time.ravel(), **columns})


def _loss(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    hidden = w.shape[1] // (x.shape[-1] + 1)
    first, second = w[:, :-hidden].unflatten(1, (-1, hidden)), w[:, -hidden:]
    return ((x @ first).tanh() @ second[..., None] - y[..., None]).square().mean((1, 2)) / 2


def _top(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    def product(v):
        return hessian_vector_product(lambda p: _loss(p, x, y).sum(), w, v)

    start = torch.linspace(1, 2, w.shape[1], dtype=w.dtype, device=w.device).sin().expand_as(w)
    return ritz(lanczos(product, start, 20))[0][:, -1]  # Ritz values ascend
