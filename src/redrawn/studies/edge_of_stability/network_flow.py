"""Sharpness of the gradient flow solution along gradient descent on a tanh network (Kreisler et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods.curvature import hessian_vector_product, lanczos, ritz
from redrawn.methods.stability import runge_kutta
from redrawn.studies.edge_of_stability import beyond_scalar
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Networks and their sizes; the solution is looked for `every` so many steps, by `flow` steps of Runge–Kutta."""

    seeds: int
    steps: int
    flow: int
    images: int = 12
    hidden: int = 12
    every: int = 25


SETTINGS = {
    "quick": Settings(4, 300, 500, every=50),
    "standard": Settings(12, 500, 1500),
    "paper": Settings(20, 1000, 50_000),
}


def descend(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, iteration, loss, flow_sharpness, threshold, left) of a tanh network that tells even from odd digits.

    `left` is the loss at which the flow ends.
    """
    images, digits = mnist(7)
    source, e = generator(seed), settings.seeds
    chosen = torch.randint(len(images), (e, settings.images), generator=source)
    x = torch.as_tensor(images, dtype=torch.float64).flatten(1)[chosen].to(device)
    y = torch.as_tensor(1 - 2 * (digits % 2), dtype=torch.float64)[chosen].to(device)
    inputs, h = x.shape[-1], settings.hidden
    w = torch.randn(e, inputs * h + h, generator=source, dtype=torch.float64)
    w[:, : inputs * h] /= inputs**0.5 / 2
    w[:, inputs * h :] /= h**0.5
    w = w.to(device)

    first = _solution(w, x, y, settings.flow)
    step = beyond_scalar.step_size(_top(first, x, y))
    points, losses = [], [_loss(w, x, y)]
    for i in range(1, settings.steps + 1):
        w = w - step * _gradient(w, x, y)
        if i % settings.every == 0:
            points.append(w)
            losses.append(_loss(w, x, y))
    count = len(points)
    xs, ys = (z.repeat(count + 1, *[1] * (z.ndim - 1)) for z in (x, y))
    later = _solution(torch.cat(points), xs[e:], ys[e:], settings.flow)
    ends = torch.cat([first, later])
    sharp = _top(ends, xs, ys).view(count + 1, e)
    frame = beyond_scalar.course(torch.stack(losses), sharp, 2 / step[:, 0], settings.every)
    return frame.assign(left=_loss(ends, xs, ys).cpu().numpy())


def _solution(w: Tensor, x: Tensor, y: Tensor, steps: int) -> Tensor:
    return runge_kutta(lambda p: _gradient(p, x, y), w, 1 / _top(w, x, y)[:, None], steps)


def _gradient(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return each network's gradient, written out: a flow asks for thousands."""
    first, second = _layers(w, x)
    hidden = (x @ first).tanh()
    slope = (hidden @ second - y[..., None]) / y.shape[1]  # of the loss, by the outputs
    by_first = x.mT @ (slope * second.mT * (1 - hidden.square()))
    return torch.cat([by_first.flatten(1), (hidden.mT @ slope)[..., 0]], 1)


def _loss(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    first, second = _layers(w, x)
    return ((x @ first).tanh() @ second - y[..., None]).square().mean((1, 2)) / 2


def _layers(w: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    hidden = w.shape[1] // (x.shape[-1] + 1)
    return w[:, :-hidden].unflatten(1, (-1, hidden)), w[:, -hidden:, None]


def _top(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    def product(v):
        return hessian_vector_product(lambda p: _loss(p, x, y).sum(), w, v)

    start = torch.linspace(1, 2, w.shape[1], dtype=w.dtype, device=w.device).sin().expand_as(w)
    return ritz(lanczos(product, start, 20))[0][:, -1]  # Ritz values ascend
