"""Adam in wide networks under several parametrisations (Yang and Littwin, 2023).

Perceptrons with ReLU, ten Gaussian inputs and random scalar targets, as in the paper's Sec. 5.1; networks of a width
are runs side by side, and those of one seed at all widths learn the same problem. Outputs are those above the initial ones.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import fashion
from redrawn.methods.parametrisation import PARAMETRISATIONS, WideMLP
from redrawn.studies import tidy
from redrawn.studies.ensemble import cross_entropy, generator

INPUTS, SAMPLES, SHOWN = 10, 100, 4
EPSILON = 1e-4
LAYERS = {"neural tangent": 4}  # hidden layers of the paper's figures; two otherwise
SIDE = 7  # pixels along an edge of the pictures that learning rates are chosen on


@dataclass(frozen=True)
class Settings:
    """Widths and sizes; a seed is a problem and some networks of each width, or, for spreads, a group of them."""

    widths: tuple[int, ...]
    shown: tuple[int, ...]
    spread_widths: tuple[int, ...]
    rate_widths: tuple[int, ...]
    seeds: int
    steps: int
    shown_steps: int
    trials: int
    rate_seeds: int
    rate_factor: float
    rates: int
    rate: float = 0.2
    scaling_rate: float = 0.02
    spread_groups: int = 8
    pictures: int = 128
    held: int = 512
    rate_steps: int = 30


NARROW, WIDE = (64, 192, 512), (64, 128, 256, 512, 1024, 2048)
SETTINGS = {
    "quick": Settings(
        NARROW,
        (64, 512),
        (32, 64, 128, 256),
        (32, 64, 128),
        14,
        5,
        6,
        5,
        2,
        0.25,
        4,
        spread_groups=12,
    ),
    "standard": Settings(WIDE, (64, 512, 2048), WIDE[:-2], WIDE[:-2], 6, 10, 20, 10, 6, 0.5, 9),
    "paper": Settings(WIDE, (64, 512, 7000), WIDE, WIDE, 10, 10, 20, 10, 10, 0.5, 9),
}


def problems(count: int, source: torch.Generator, device: str):
    """Draw inputs (count, SAMPLES, INPUTS) and targets (count, SAMPLES, 1)."""
    x = torch.randn((count, SAMPLES, INPUTS), generator=source)
    return x.to(device), torch.randn((count, SAMPLES, 1), generator=source).to(device)


def exponents(parametrisation: str, hidden: int):
    """Return the exponents of each layer of a network with so many hidden layers."""
    first, middle, last = PARAMETRISATIONS[parametrisation]
    return [first, *[middle] * (hidden - 1), last]


def descend(net: WideMLP, x, y, rate: float, steps: int):
    """Train on squared loss by Adam, all inputs at each step; yield outputs above initial ones, (e, m), after each step."""
    found = net(x)
    start = found.detach()
    adam = net.adam(rate, eps=EPSILON)
    for _ in range(steps):
        adam.zero_grad(set_to_none=True)
        (found - start - y).square().mean((1, 2)).sum().backward()
        adam.step()
        found = net(x)
        yield (found - start).detach()[..., 0]


def scaling(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train each width under each parametrisation; return (parametrisation, width, seed, features, outputs).

    These are root mean squares of the change of the last features and of outputs; over one step under the standard
    parametrisation, which saturates later, and over all of them under the others. They are means over runs, which are
    more where networks are narrower and vary more.
    """
    rows = []
    for name in PARAMETRISATIONS:
        for width in settings.widths:
            source = generator(seed)
            runs = max(settings.widths) // width
            drawn = problems(settings.seeds, source, device)
            x, y = (each.repeat_interleave(runs, 0) for each in drawn)
            net = WideMLP(exponents(name, 2), width, INPUTS, 1, len(x), source, device)
            with torch.no_grad():
                before = net.features(x)
            steps = 1 if name.startswith("standard") else settings.steps
            *_, moved = descend(net, x, y, settings.scaling_rate, steps)
            with torch.no_grad():
                features = (net.features(x) - before).square().mean((1, 2)).sqrt()
            both = torch.stack([features, moved.square().mean(1).sqrt()], 1)
            means = both.unflatten(0, (settings.seeds, runs)).mean(1).tolist()
            rows += [(name, width, i, *line) for i, line in enumerate(means)]
    return pd.DataFrame(rows, columns=["parametrisation", "width", "seed", "features", "outputs"])


def series(frame: pd.DataFrame, parametrisation: str, column: str) -> dict[str, list]:
    """Return {"x": widths, "y": values, one list a seed}."""
    return tidy.series(frame[frame.parametrisation == parametrisation], "width", column)


def slopes(frame: pd.DataFrame, parametrisation: str, column: str) -> list[float]:
    """Return the exponent of a column in the width, one a seed."""
    return tidy.exponents(series(frame, parametrisation, column)).tolist()


def outputs(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Follow outputs on one problem, as the paper's figures do; return (parametrisation, width, trial, input, step, output)."""
    frames = []
    for name in ("neural tangent", "maximal update"):
        layers = exponents(name, LAYERS.get(name, 2))
        for width in settings.shown:
            trials, source = settings.trials, generator(seed)
            x, y = problems(1, source, device)
            net = WideMLP(layers, width, INPUTS, 1, trials, source, device)
            path = descend(net, x, y, settings.rate, settings.shown_steps)
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
    for width in settings.spread_widths:
        source = generator(seed)
        drawn = problems(settings.spread_groups, source, device)
        x, y = (each.repeat_interleave(settings.trials, 0) for each in drawn)
        net = WideMLP(layers, width, INPUTS, 1, len(x), source, device)
        *_, moved = descend(net, x, y, settings.scaling_rate, settings.steps)
        groups = moved.unflatten(0, (settings.spread_groups, settings.trials))
        found.append(groups.var(1).mean(1).sqrt().tolist())
    return {"x": list(settings.spread_widths), "y": np.transpose(found).tolist()}


def invariance(settings: Settings, seed: int, device: str, theta: float = 0.37) -> list[float]:
    """Return the largest difference of outputs between a parametrisation and one moved by θ, over outputs, by seed."""
    worst = torch.zeros(settings.seeds, dtype=torch.float64, device=device)
    width = settings.widths[0]
    for name in PARAMETRISATIONS:
        ends = []
        for shift in (0.0, theta):
            layers = [e.shifted(shift) for e in exponents(name, 2)]
            source = generator(seed)
            x, y = (each.double() for each in problems(settings.seeds, source, device))
            net = WideMLP(layers, width, INPUTS, 1, settings.seeds, source, device, torch.float64)
            *_, moved = descend(net, x, y, settings.scaling_rate, settings.steps)
            ends.append(moved)
        size = ends[0].abs().amax(1)
        worst = torch.maximum(worst, (ends[0] - ends[1]).abs().amax(1) / size)
    return worst.tolist()


def rates(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train on pictures at many learning rates, new ones at each step; return (parametrisation, width, rate, seed, loss).

    `loss` is the cross-entropy after the last step, in nats, on pictures that no step has seen.
    """
    images, labels = fashion.fashion_mnist("train", SIDE)
    pixels = torch.from_numpy(np.ascontiguousarray(images)).flatten(1).float()
    pixels = ((pixels - pixels.mean()) / pixels.std()).to(device)
    labels = torch.from_numpy(labels).to(device)
    networks, held, steps = settings.rate_seeds, settings.held, settings.rate_steps
    rows = []
    for name, largest in {"maximal update": 4.0, "standard": 0.5}.items():
        for width in settings.rate_widths:
            for rate in largest * settings.rate_factor ** np.arange(settings.rates):
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
