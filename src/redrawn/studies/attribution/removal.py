"""Insertion scores of many maps on the same photographs."""

from dataclasses import dataclass

import pandas as pd
import torch
from scipy import ndimage
from torch import Tensor

from redrawn.methods import attribution
from redrawn.studies.attribution.subjects import Subject, table


@dataclass(frozen=True)
class Settings:
    """Steps of a curve: 20 are 5 % of the pixels each."""

    steps: int


SETTINGS = {"quick": Settings(4), "standard": Settings(20), "paper": Settings(100)}


def blur(x: Tensor, deviation: float, radius: float) -> Tensor:
    """Return pictures (n, c, h, w) blurred by a Gaussian that is cut off at a radius, both in pixels."""
    found = ndimage.gaussian_filter(
        x.cpu().numpy(), (0, 0, deviation, deviation), truncate=radius / deviation, mode="mirror"
    )
    return torch.from_numpy(found).to(x)


def insertion(
    settings: Settings, given: Subject, maps: dict[str, Tensor], start: Tensor
) -> pd.DataFrame:
    """Return (method, photo, area): the area under the probability, over its end, while each photograph appears."""
    with torch.no_grad():
        ends = given.probability(start), given.probability(given.x)
    areas = {
        name: attribution.insertion(given.probability, given.x, start, m, settings.steps, ends)
        / ends[1]
        for name, m in maps.items()
    }
    return table(areas, "method", "area")


def loss_of_few_steps(frame: pd.DataFrame, few: int = 8) -> dict[str, list[float]]:
    """Return by how much the area falls with few steps, {"IG": …, "IDGI": …}, one value a photograph."""
    areas = frame.pivot(index="photo", columns="method", values="area")
    return {name: (areas[name] - areas[f"{name}, {few} steps"]).tolist() for name in ("IG", "IDGI")}
