"""How sharp the loss is along optimizers' directions, and what clipping does to it (Pan and Li, 2023).

Small transformers on Shakespeare's characters, one a row of a matrix of parameters. Along a unit vector v the loss
is f(x) + s ∇fᵀv + ½ s² vᵀ∇²f v + …, and vᵀ∇²f v, on a fixed batch, is the directional sharpness.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import plays
from redrawn.methods.language import CharacterTransformer
from redrawn.studies.adaptive_optimizers.next_steps import METHODS, Directions
from redrawn.studies.ensemble import generator

TENTH = "SGD, largest tenth"


@dataclass(frozen=True)
class Settings:
    """Sizes; `steps` and `speed_seeds` are those of the runs that speeds are measured by."""

    checkpoints: tuple[int, ...]
    seeds: int
    width: int
    batch: int
    steps: int = 150
    speed_seeds: int = 4
    layers: int = 2
    heads: int = 2
    context: int = 32
    adam_rate: float = 1e-3
    sgd_rate: float = 0.3
    held_batch: int = 32
    rays: int = 25


SETTINGS = {
    "quick": Settings((15, 30), 4, 16, 8, steps=10, speed_seeds=2, rays=17),
    "standard": Settings((20, 50, 100, 200), 5, 32, 16),
    # T5-small's sizes, with shorter texts, so that networks fit one GPU side by side; looked at in the middle of
    # epochs 2, 5, 10 and 20 of 320 steps
    "paper": Settings(
        (480, 1440, 3040, 6240), 3, 512, 32, 6400, 2, 6, 8, 256, adam_rate=2e-4, sgd_rate=2e-4
    ),
}


class Text:
    """Batches of the plays, each network's its own."""

    def __init__(self, settings: Settings, networks: int, source: torch.Generator, device: str):
        codes, alphabet = plays.shakespeare("train")
        self.codes = torch.from_numpy(codes.astype(np.int64)).to(device)
        self.networks, self.source, self.length = networks, source, settings.context + 1
        sizes = (settings.context, settings.width, settings.layers, settings.heads)
        self.model = CharacterTransformer(len(alphabet), *sizes)

    def batch(self, size: int) -> torch.Tensor:
        """Draw texts, (e, size, context + 1)."""
        shape = (self.networks, size)
        start = torch.randint(len(self.codes) - self.length, shape, generator=self.source)
        places = start[..., None] + torch.arange(self.length)
        return self.codes[places.to(self.codes.device)]

    def gradient(self, parameters: torch.Tensor, texts: torch.Tensor):
        """Return each network's loss, (e,), and its gradient, (e, n)."""
        held = parameters.detach().requires_grad_()
        losses = self.model.loss(held, texts)
        return losses.detach(), torch.autograd.grad(losses.sum(), held)[0]


def units(steps: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return each method's step at length one, and SGD's with all but its largest tenth of coordinates at zero."""
    found = {name: step / step.norm(dim=1, keepdim=True) for name, step in steps.items()}
    sgd = found["SGD"]
    threshold = torch.topk(sgd.abs(), sgd.shape[1] // 10, dim=1)[0][:, -1:]
    return found | {TENTH: torch.where(sgd.abs() >= threshold, sgd, 0.0)}


def measure(text: Text, parameters, directions: dict[str, torch.Tensor], held) -> pd.DataFrame:
    """Return (method, seed, slope, sharpness): ∇fᵀv and vᵀ∇²f v, a seed a network."""
    leaf = parameters.detach().requires_grad_()
    # one graph of the gradient serves all directions
    loss = text.model.loss(leaf, held).sum()
    (gradient,) = torch.autograd.grad(loss, leaf, create_graph=True)
    frames = []
    for method, v in directions.items():
        (turned,) = torch.autograd.grad(gradient, leaf, v, retain_graph=True)
        sharpness = (v * turned).sum(1)
        found = {"slope": (gradient * v).sum(1).tolist(), "sharpness": sharpness.tolist()}
        frames.append(pd.DataFrame({"method": method, "seed": range(len(v)), **found}))
    return pd.concat(frames, ignore_index=True)


def trajectory(settings: Settings, along: str, seed: int, device: str):
    """Train by Adam or SGD and measure at checkpoints.

    Returns a frame (trajectory, step, method, seed, slope, sharpness), and for the first network at the last
    checkpoint a frame (trajectory, method, length, loss) along each unit direction.
    """
    source = generator(seed)
    text = Text(settings, settings.seeds, source, device)
    parameters = text.model.initial(settings.seeds, source, device)
    held = text.batch(settings.held_batch)
    directions = Directions(parameters.shape, device)
    rate = {"Adam": settings.adam_rate, "SGD": settings.sgd_rate}[along]
    frames = []
    for step in range(1, max(settings.checkpoints) + 1):
        _, gradient = text.gradient(parameters, text.batch(settings.batch))
        steps = directions.step(gradient)
        if step in settings.checkpoints:
            found = measure(text, parameters, units(steps), held)
            frames.append(found.assign(step=step, trajectory=along))
            last = parameters, units(steps)
        parameters = parameters + rate * steps[along]
    rays = _rays(settings, text, *last, frames[-1], held).assign(trajectory=along)
    return pd.concat(frames, ignore_index=True), rays


def _rays(settings, text, parameters, directions, found, held):
    """Return the first network's loss along each unit direction, at lengths around where SGD's parabola is lowest."""
    texts = held[:1].expand(settings.rays, -1, -1)
    sgd = found[(found.seed == 0) & (found.method == "SGD")].iloc[0]
    lowest = abs(sgd.slope / sgd.sharpness)
    lengths = lowest * torch.logspace(-1, 1.5, settings.rays, device=parameters.device)
    frames = []
    for method in METHODS:
        with torch.no_grad():
            points = parameters[:1] + lengths[:, None] * directions[method][:1]
            losses = text.model.loss(points, texts)
        both = {"length": lengths.tolist(), "loss": losses.tolist()}
        frames.append(pd.DataFrame({"method": method, **both}))
    return pd.concat(frames, ignore_index=True)


def trajectories(settings: Settings, seed: int, device: str):
    """Follow Adam and SGD; return both frames of each, joined."""
    both = [trajectory(settings, along, seed, device) for along in ("Adam", "SGD")]
    return tuple(pd.concat(frames, ignore_index=True) for frames in zip(*both, strict=True))


def ratio(frame: pd.DataFrame, method: str, to: str) -> list[float]:
    """Return the median over checkpoints and trajectories of one method's sharpness over another's, one value a seed."""
    table = frame.pivot(index=["seed", "trajectory", "step"], columns="method", values="sharpness")
    return (table[method] / table[to]).groupby("seed").median().tolist()
