"""I-GOS: masks of digits against the plain gradient and at several resolutions; masks of photographs."""

from dataclasses import dataclass

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from redrawn.methods import attribution
from redrawn.studies.attribution.removal import blur
from redrawn.studies.attribution.subjects import Subject, one, table
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; weights of the penalties, 15 iterations and 20 points are those of the authors' demonstration."""

    resolutions: tuple[int, ...]
    photographs: int
    photo_iterations: int
    photo_points: int
    photo_resolution: int = 28
    curve_steps: int = 20
    photo_curve_steps: int = 20
    points: int = 20
    digits: int = 24
    networks: int = 8


SETTINGS = {
    "quick": Settings((7, 14), 2, 2, 4, curve_steps=10, photo_curve_steps=5, points=8, networks=4),
    "standard": Settings((7, 14, 28), 11, 15, 20),
    "paper": Settings((7, 14, 28), 17, 15, 20),
}


def vanishing(resolution: int = 8, sharpness: float = 20.0) -> float:
    """Return |integrated gradient| over |gradient| at the full mask, for a sigmoid of the mean mask."""

    def score(mask):
        return torch.sigmoid(sharpness * (mask.mean((1, 2, 3)) - 0.5))

    full = torch.ones(1, 1, resolution, resolution, dtype=torch.float64)
    plain = attribution.gradient(score, full)
    along = sum(
        attribution.gradient(lambda m, j=j: score(m * (j / 20)), full) / 20 for j in range(1, 21)
    )
    return (along.norm() / plain.norm()).item()


def blurred_digits(x: Tensor) -> Tensor:
    """Return digits blurred until their strokes are gone; the authors' blur is a quarter of a photograph's side."""
    side = x.shape[-1]
    return blur(x, side / 4, side)


def importance(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Return 1 - M, enlarged, as a map (n, h, w)."""
    return 1 - F.interpolate(mask, size, mode="bilinear", align_corners=False)[:, 0]


def digits(settings: Settings, networks: list[nn.Module], x: Tensor, labels: Tensor, seed: int):
    """Mask digits with each of the first networks, along integrated and along plain gradients.

    Returns:
        {method: mean objective, one value a seed} at the finest mask; a frame (resolution, seed, deletion, random) of deletion
        scores.
    """
    x, labels = x[: settings.digits], labels[: settings.digits]
    blurred, steps = blurred_digits(x), settings.curve_steps
    objectives, rows = {"gradient": [], "I-GOS": []}, []
    for i, net in enumerate(networks[: settings.networks]):
        score = attribution.class_score(net, labels, probability=True)
        noise = torch.rand(x[:, 0].shape, generator=generator(seed)).to(x)
        chance = attribution.deletion(score, x, blurred, noise, steps).mean().item()
        for resolution in settings.resolutions:
            mask, value = attribution.igos(
                score, x, blurred, resolution, points=settings.points, source=generator(seed)
            )
            maps = importance(mask, x.shape[-2:])
            area = attribution.deletion(score, x, blurred, maps, steps).mean().item()
            rows.append((resolution, i, area, chance))
        objectives["I-GOS"].append(value.mean().item())
        _, value = attribution.igos(score, x, blurred, resolution, points=1, source=generator(seed))
        objectives["gradient"].append(value.mean().item())
    return objectives, pd.DataFrame(rows, columns=["resolution", "seed", "deletion", "random"])


def worst(frame: pd.DataFrame) -> list[float]:
    """Return the deletion score less a random order's, the largest over resolutions, one value a seed."""
    apart = (frame.deletion - frame.random).groupby(frame.seed).max()
    return apart.tolist()


def photographs(settings: Settings, given: Subject, seed: int):
    """Mask the first photographs along integrated gradients, and along plain ones.

    Returns:
        I-GOS's maps (n, h, w); the blurred photographs; {method: objective, one value a photograph}.
    """
    blurred = blur(given.x, 50, 25)
    found, objectives = [], {"gradient": [], "I-GOS": []}
    for place in range(settings.photographs):
        photo = one(given, place)
        spread = photo.x.std().item()  # pixels here are not scaled to unit variance
        for name, points in (("gradient", 1), ("I-GOS", settings.photo_points)):
            mask, value = attribution.igos(
                photo.probability, photo.x, blurred[place : place + 1], settings.photo_resolution,
                iterations=settings.photo_iterations, points=points, noise=0.2 * spread,
                source=generator(seed),
            )  # fmt: skip
            objectives[name].append(value.item())
        found.append(importance(mask, given.x.shape[-2:]))
    return torch.cat(found), blurred, objectives


def deletion(
    settings: Settings, given: Subject, maps: dict[str, Tensor], blurred: Tensor
) -> pd.DataFrame:
    """Return (method, photo, area): the probability over its start while photographs are blurred away."""
    count = settings.photographs
    score = attribution.class_score(given.network, given.labels[:count], probability=True)
    x, start = given.x[:count], score(given.x[:count])
    areas = {
        name: attribution.deletion(score, x, blurred[:count], m[:count], settings.photo_curve_steps)
        / start
        for name, m in maps.items()
    }
    return table(areas, "method", "area")
