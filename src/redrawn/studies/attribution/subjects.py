"""What is explained: a network and the photographs that it classifies rightly."""

from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn

from redrawn.data import imagenet
from redrawn.methods import attribution, classifiers
from redrawn.methods.attribution.gradient import Score
from redrawn.studies.tidy import per_seed


class Subject(NamedTuple):
    """A network and the photographs that it explains, as it reads them."""

    network: nn.Module
    pixels: Tensor  # red-green-blue in [0, 255]
    x: Tensor
    black: Tensor
    labels: Tensor
    probability: Score
    logit: Score


def subject(name: str, count: int, device: str) -> Subject:
    """Return the first `count` photographs that "squeezenet" or "efficientnet-lite0" classifies rightly."""
    if name == "squeezenet":
        network = classifiers.squeezenet(imagenet.squeezenet(), device)
    else:
        network = classifiers.efficientnet_lite0(imagenet.efficientnet_lite0(), device)
    images, truth = imagenet.photographs()
    pixels, labels = torch.from_numpy(images).to(device), torch.from_numpy(truth).to(device)
    right: list[Tensor] = []
    with torch.no_grad():
        for few, own in zip(pixels.split(5), labels.split(5), strict=True):
            right.append(network(network.prepare(few)).argmax(1) == own)
            if torch.cat(right).sum() >= count:  # later photographs are not asked for
                break
    chosen = torch.cat(right).nonzero()[:count, 0]
    pixels, labels = pixels[chosen], labels[chosen]
    return Subject(
        network, pixels, network.prepare(pixels), network.prepare(torch.zeros_like(pixels)), labels,
        attribution.class_score(network, labels, probability=True),
        attribution.class_score(network, labels),
    )  # fmt: skip


def part(given: Subject, chosen: slice) -> Subject:
    """Return the subject with some of its photographs."""
    labels = given.labels[chosen]
    return given._replace(
        pixels=given.pixels[chosen], x=given.x[chosen], black=given.black[chosen], labels=labels,
        probability=attribution.class_score(given.network, labels, probability=True),
        logit=attribution.class_score(given.network, labels),
    )  # fmt: skip


def one(given: Subject, place: int) -> Subject:
    """Return the subject with a single photograph."""
    return part(given, slice(place, place + 1))


def per_photo(frame: pd.DataFrame, by: str, value: str) -> dict[str, list[float]]:
    """Return {name: one value a photograph}."""
    return per_seed(frame.rename(columns={"photo": "seed"}), by, value)


def table(columns: dict[str, Tensor], by: str, value: str) -> pd.DataFrame:
    """Return a tidy frame (by, photo, value) of one tensor (n,) a name."""
    rows = [(name, i, v) for name, each in columns.items() for i, v in enumerate(each.tolist())]
    return pd.DataFrame(rows, columns=[by, "photo", value])
