"""SmoothGrad: noise levels on photographs, numbers of samples and noise in training on digits, a unit in closed form."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from redrawn.methods import attribution
from redrawn.studies.attribution.subjects import Subject
from redrawn.studies.ensemble import generator

LEVELS = (0.0, 0.05, 0.15, 0.5)
LEVEL = 0.15
COUNTS = (4, 8, 16, 32, 64)
TOGETHER = 10  # noisy copies of all digits in one pass


@dataclass(frozen=True)
class Settings:
    """Samples a photograph; `reference` those of the map that numbers of samples are measured against."""

    samples: int
    reference: int = 400
    unit_samples: int = 20_000


SETTINGS = {"quick": Settings(4, reference=200), "standard": Settings(32), "paper": Settings(50)}


def levels(
    settings: Settings, given: Subject, seed: int
) -> tuple[pd.DataFrame, dict[float, Tensor]]:
    """Return roughness (method, photo, level, roughness) and maps (n, h, w) by noise level; zero is the gradient."""
    rows, maps = [], {}
    for level in LEVELS:
        samples = settings.samples if level else 1
        source = generator(seed)  # the same draws at each level
        slope = attribution.smoothgrad(given.logit, given.x, level, samples, source)
        maps[level] = slope.abs().sum(1)
        grain = attribution.roughness(maps[level]).tolist()
        name = "SmoothGrad" if level else "gradient"
        rows += [(name, i, level, v) for i, v in enumerate(grain)]
    return pd.DataFrame(rows, columns=["method", "photo", "level", "roughness"]), maps


def counts(settings: Settings, networks: list[nn.Module], x: Tensor, labels: Tensor, seed: int):
    """Return a frame (seed, samples, distance, roughness) for nested numbers of samples.

    The distance is to an independent map of many samples, over that map's norm, and cleared of the error that this map has itself.
    """
    score_of = {i: attribution.class_score(net, labels) for i, net in enumerate(networks)}
    rows = []
    for i, score in score_of.items():
        source = generator(seed)
        many = settings.reference
        reference = attribution.smoothgrad(score, x, LEVEL, many, source, together=TOGETHER)
        total = torch.zeros_like(x)
        stream = attribution.noisy_gradients(score, x, LEVEL, 100, source, TOGETHER)
        for n, slope in enumerate(stream, 1):
            total += slope
            if n in (*COUNTS, 1, 50, 100):
                apart = (total / n - reference).flatten(1).square().sum(1).mean()
                size = reference.flatten(1).square().sum(1).mean()
                own = (
                    apart / size / (1 / n + 1 / many) / n
                )  # the variance is shared as 1/n to 1/many
                grain = attribution.roughness((total / n)[:, 0]).mean()
                rows.append((i, n, own.sqrt().item(), grain.item()))
    return pd.DataFrame(rows, columns=["seed", "samples", "distance", "roughness"])


def saturation(frame: pd.DataFrame) -> list[float]:
    """Return roughness with 50 samples over that with 100, one value a seed."""
    grain = frame.pivot(index="seed", columns="samples", values="roughness")
    return (grain[50] / grain[100]).tolist()


def rate(frame: pd.DataFrame) -> dict[str, list]:
    """Return distances against numbers of samples, for a slope."""
    distance = frame.pivot(index="seed", columns="samples", values="distance")
    return {"x": list(COUNTS), "y": distance[list(COUNTS)].to_numpy().tolist()}


def unit_error(settings: Settings, seed: int, units: int = 5, dimension: int = 20) -> list[float]:
    """Return the relative error of SmoothGrad for random ReLU units against w Φ((wᵀx + b) / (σ|w|)), one value a unit."""
    source, found = generator(seed), []
    normal = torch.distributions.Normal(0.0, 1.0)
    for _ in range(units):
        weight, x = torch.randn(2, dimension, generator=source)
        bias = -weight @ x + 0.2 * weight.norm()  # near the kink, where smoothing matters
        spread = 0.3 / (x.max() - x.min())
        copies = x.repeat(settings.unit_samples // 20, 1)
        slope = attribution.smoothgrad(
            lambda z, w=weight, b=bias: (z @ w + b).relu(), copies, spread.item(), 20, source
        ).mean(0)
        exact = weight * normal.cdf(torch.tensor(0.2 / 0.3))
        found.append(((slope - exact).norm() / exact.norm()).item())
    return found


def with_and_without(
    plain: list[nn.Module],
    noisy: list[nn.Module],
    x: Tensor,
    labels: Tensor,
    seed: int,
    samples: int = 50,
) -> dict[str, list[float]]:
    """Return the mean roughness of maps: noise in neither, in training, in the map ("inference"), in both."""
    found = {}
    for trained, networks in ((False, plain), (True, noisy)):
        for mapped in (False, True):
            name = {(False, False): "neither", (True, False): "training",
                    (False, True): "inference", (True, True): "both"}[trained, mapped]  # fmt: skip
            values = []
            for net in networks:
                score = attribution.class_score(net, labels)
                level, count = (0.2, samples) if mapped else (0.0, 1)
                slope = attribution.smoothgrad(
                    score, x, level, count, generator(seed), together=TOGETHER
                )
                values.append(attribution.roughness(slope[:, 0]).mean().item())
            found[name] = values
    return found


def pick(values: dict[str, list[float]], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return some of the named values."""
    return {name: np.array(values[name]) for name in names}
