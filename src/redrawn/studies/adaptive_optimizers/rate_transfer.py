"""Whether the best learning rate stays as networks grow wider (Yang and Littwin, 2023).

Perceptrons with ReLU on pictures of clothing, in a single pass.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import fashion
from redrawn.methods.parametrisation import WideMLP
from redrawn.studies import tidy
from redrawn.studies.adaptive_optimizers.tensor_programs import EPSILON, exponents
from redrawn.studies.ensemble import cross_entropy, generator

SIDE = 7  # pixels along an edge of the pictures that learning rates are chosen on


@dataclass(frozen=True)
class Settings:
    """Sizes; `rates` fall by `factor` from the largest one."""

    widths: tuple[int, ...]
    seeds: int
    factor: float
    rates: int
    pictures: int = 128
    held: int = 512
    steps: int = 30


SETTINGS = {
    "quick": Settings((32, 64, 128), 2, 0.25, 4, held=256, steps=10),
    "standard": Settings((64, 128, 256, 512), 6, 0.5, 9),
    "paper": Settings((64, 128, 256, 512, 1024, 2048), 10, 0.5, 9),
}


def rates(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train on pictures at many learning rates, new ones at each step; return (parametrisation, width, rate, seed, loss).

    `loss` is the cross-entropy after the last step, in nats, on pictures that no step has seen.
    """
    images, labels = fashion.fashion_mnist("train", SIDE)
    pixels = torch.from_numpy(np.ascontiguousarray(images)).flatten(1).float()
    pixels = ((pixels - pixels.mean()) / pixels.std()).to(device)
    labels = torch.from_numpy(labels).to(device)
    networks, held, steps = settings.seeds, settings.held, settings.steps
    rows = []
    for name, largest in {"maximal update": 4.0, "standard": 0.5}.items():
        for width in settings.widths:
            for rate in largest * settings.factor ** np.arange(settings.rates):
                source = generator(seed)
                order = torch.stack([torch.randperm(len(labels), generator=source)
                                     for _ in range(networks)]).to(device)  # fmt: skip
                sizes = (width, SIDE**2, 10, networks)
                net = WideMLP(exponents(name, 2), *sizes, source, device)
                adam = net.adam(float(rate), eps=EPSILON)
                for batch in order[:, held:].split(settings.pictures, 1)[:steps]:
                    adam.zero_grad(set_to_none=True)
                    cross_entropy(net(pixels[batch]), labels[batch]).sum().backward()
                    adam.step()
                with torch.no_grad():
                    unseen = order[:, :held]
                    losses = cross_entropy(net(pixels[unseen]), labels[unseen]).tolist()
                rows += [(name, width, rate, i, v) for i, v in enumerate(losses)]
    return pd.DataFrame(rows, columns=["parametrisation", "width", "rate", "seed", "loss"])


def best_rates(frame: pd.DataFrame, parametrisation: str) -> dict[str, list]:
    """Return {"x": widths, "y": learning rates of least loss, one list a seed}.

    The logarithm of the rate is the lowest point of the parabola that fits the logarithm of the loss at the best rate
    and up to two others on each side: the valley is flat, and its lowest rate alone is half chance.
    """
    rows = frame[frame.parametrisation == parametrisation]
    lowest = rows.groupby(["seed", "width"]).apply(_lowest, include_groups=False)
    return tidy.series(lowest.reset_index(name="rate"), "width", "rate")


def _lowest(rows: pd.DataFrame) -> float:
    ordered = rows.sort_values("rate")
    at, loss = np.log(ordered.rate.to_numpy()), np.log(ordered.loss.to_numpy())
    k = int(loss.argmin())
    near = slice(max(k - 2, 0), k + 3)
    curvature, slope, _ = np.polyfit(at[near], loss[near], 2)
    lowest = -slope / (2 * curvature) if curvature > 0 else at[k]
    return float(np.exp(np.clip(lowest, at[near][0], at[near][-1])))


def rate_exponents(frame: pd.DataFrame, parametrisation: str) -> list[float]:
    """Return the exponent of the best learning rate in the width, one a seed."""
    return tidy.exponents(best_rates(frame, parametrisation)).tolist()
