"""Outputs of wide networks on the way, and their spread over initialisations (Yang and Littwin, 2023, Figs 5.1 and 5.2)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.parametrisation import WideMLP
from redrawn.studies.adaptive_optimizers.tensor_programs import (
    INPUTS,
    WIDE,
    descend,
    exponents,
    problems,
)
from redrawn.studies.ensemble import generator

SHOWN = 4  # inputs
LAYERS = {"neural tangent": 4}  # hidden layers of the paper's figures; two otherwise


@dataclass(frozen=True)
class Settings:
    """Of the figure, then of spreads, where a seed is a group of networks."""

    shown: tuple[int, ...]
    steps: int
    widths: tuple[int, ...]
    spread_steps: int
    trials: int
    groups: int = 8
    rate: float = 0.2
    spread_rate: float = 0.02


SETTINGS = {
    "quick": Settings((64, 512), 6, (32, 64, 128, 256), 5, 5, groups=12),
    "standard": Settings((64, 512, 2048), 20, WIDE[:-2], 10, 10),
    "paper": Settings((64, 512, 7000), 20, WIDE, 10, 10),
}


def outputs(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Follow outputs on one problem, as the paper's figures do; return (parametrisation, width, trial, input, step, output)."""
    frames = []
    for name in ("neural tangent", "maximal update"):
        layers = exponents(name, LAYERS.get(name, 2))
        for width in settings.shown:
            trials, source = settings.trials, generator(seed)
            x, y = problems(1, source, device)
            net = WideMLP(layers, width, INPUTS, 1, trials, source, device)
            path = descend(net, x, y, settings.rate, settings.steps)
            followed = torch.stack([torch.zeros(trials, SHOWN, device=device)]
                                   + [f[:, :SHOWN] for f in path])  # fmt: skip
            index = np.indices(followed.shape).reshape(3, -1)
            found = dict(zip(("step", "trial", "input"), index, strict=True))
            found["output"] = followed.flatten().cpu().numpy()
            frames.append(pd.DataFrame(found).assign(parametrisation=name, width=width))
    return pd.concat(frames, ignore_index=True)


def spread(settings: Settings, seed: int, device: str) -> dict[str, list]:
    """Return {"x": widths, "y": spreads of outputs over runs under the maximal update, one list a group of runs}.

    The deviation over the runs of a group after the last step, root mean square over inputs. Each group has a problem of
    its own.
    """
    layers = exponents("maximal update", 2)
    found = []
    for width in settings.widths:
        source = generator(seed)
        drawn = problems(settings.groups, source, device)
        x, y = (each.repeat_interleave(settings.trials, 0) for each in drawn)
        net = WideMLP(layers, width, INPUTS, 1, len(x), source, device)
        *_, moved = descend(net, x, y, settings.spread_rate, settings.spread_steps)
        groups = moved.unflatten(0, (settings.groups, settings.trials))
        found.append(groups.var(1).mean(1).sqrt().tolist())
    return {"x": list(settings.widths), "y": np.transpose(found).tolist()}
