"""Integrated gradients and IDGI on photographs, from the same nodes of the same paths."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.methods import attribution
from redrawn.studies.attribution.subjects import Subject, one

FEWEST = 4


@dataclass(frozen=True)
class Settings:
    """How many photographs and steps.

    `walked` are the photographs of SqueezeNet's paths, `shown` and `shown_steps` are EfficientNet's.
    """

    photographs: int
    steps: int
    shown: int
    shown_steps: int
    walked: int


SETTINGS = {
    "quick": Settings(4, 32, 2, 12, 3),
    "standard": Settings(11, 64, 6, 64, 11),
    "paper": Settings(11, 256, 17, 256, 11),
}


def explain(given: Subject, steps: int) -> tuple[pd.DataFrame, dict[tuple[str, int], Tensor]]:
    """Explain each photograph's probability from black, with all steps, half of them, a quarter …

    Returns:
        A frame (method, photo, steps, gap), the gap between the sum of attributions and the change in score over that change;
        and the maps {(method, steps): (n, 3, h, w)} of "IG", "IDGI" and, with no step, "gradient × input".
    """
    rows, maps = [], {}
    for place in range(len(given.x)):
        photo = one(given, place)
        nodes = list(attribution.walk(photo.probability, photo.x, photo.black, steps))
        change = nodes[-1].score - nodes[0].score
        found = {("gradient × input", 0): (photo.x - photo.black) * nodes[-1].gradient}
        thin = 1
        while steps % thin == 0 and steps // thin >= FEWEST:
            chosen = nodes[::thin]
            found["IG", steps // thin] = attribution.integrated_gradients(chosen)
            found["IDGI", steps // thin] = attribution.idgi(chosen)
            thin *= 2
        for (method, count), shares in found.items():
            gap = ((shares.sum() - change) / change).abs().item()
            rows.append((method, place, count, gap))
            maps.setdefault((method, count), []).append(shares)
    joined = {name: torch.cat(parts) for name, parts in maps.items()}
    return pd.DataFrame(rows, columns=["method", "photo", "steps", "gap"]), joined


def side_by_side(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the frames of several networks as one, with the column `network`."""
    return pd.concat([frame.assign(network=name) for name, frame in frames.items()])


def gaps(frame: pd.DataFrame, method: str, steps: int) -> list[float]:
    """Return the gap of one method with so many steps, one value a photograph."""
    return (
        frame[(frame.method == method) & (frame.steps == steps)].sort_values("photo").gap.tolist()
    )


def log_gaps(frame: pd.DataFrame, steps: int) -> dict[str, np.ndarray]:
    """Return the decimal logarithm of both methods' gaps, at least -9; one value a photograph."""
    return {m: np.log10(np.maximum(gaps(frame, m, steps), 1e-9)) for m in ("IG", "IDGI")}


def channels(maps: dict[tuple[str, int], Tensor], steps: int) -> dict[str, Tensor]:
    """Return maps (n, h, w): channels summed with their signs, as IDGI's evaluation does, and by absolute value."""
    few = min(count for _, count in maps if count >= 8)
    found = {}
    for method in ("IG", "IDGI"):
        found[method] = maps[method, steps].sum(1)
        found[f"|{method}|"] = maps[method, steps].abs().sum(1)
        found[f"{method}, {few} steps"] = maps[method, few].sum(1)
    return found


def product_gaps(given: Subject) -> list[float]:
    """Return the gap of gradient times input, which needs no path; one value a photograph."""
    shares = attribution.gradient_times_input(given.probability, given.x, given.black)
    with torch.no_grad():
        change = given.probability(given.x) - given.probability(given.black)
    return ((shares.flatten(1).sum(1) - change) / change).abs().tolist()
