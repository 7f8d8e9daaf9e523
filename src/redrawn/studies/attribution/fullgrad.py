"""FullGrad: is the score the sum of its parts, and may its least salient pixels go?"""

import pandas as pd
import torch
from torch import Tensor

from redrawn.methods import attribution
from redrawn.studies.attribution.subjects import Subject, one, per_photo, table

SHARES = (0.03, 0.1, 0.3)
SHARE = 0.1


def take_apart(given: Subject) -> tuple[list[float], list[float], Tensor]:
    """Return what the parts leave of each photograph's score, relative to it, the same without biases, and the maps (n, h, w)."""
    residuals, without_biases, maps = [], [], []
    for place in range(len(given.x)):
        photo = one(given, place)
        parts = attribution.full_gradient(given.network, photo.logit, photo.x)
        residuals.append(parts.residual().abs().item())
        without_biases.append((1 - parts.inputs.sum() / parts.score).abs().item())
        maps.append(parts.map())
    return residuals, without_biases, torch.cat(maps)


def perturb(given: Subject, maps: dict[str, Tensor]) -> pd.DataFrame:
    """Return (method, photo, change, share): relative change of the probability without the least salient pixels."""
    found = {
        name: attribution.pixel_perturbation(given.probability, given.x, given.black, m, SHARES)
        for name, m in maps.items()
    }
    frames = [
        table({name: each[:, i] for name, each in found.items()}, "method", "change").assign(
            share=s
        )
        for i, s in enumerate(SHARES)
    ]
    return pd.concat(frames, ignore_index=True)


def at_share(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return each method's change without the 10 % least salient pixels, one value a photograph."""
    return per_photo(frame[frame.share == SHARE], "method", "change")
