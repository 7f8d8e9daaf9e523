"""Class images and saliency maps (Simonyan et al.), and what a deconvnet has to do with gradients."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from redrawn.data import imagenet
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution.subjects import Subject
from redrawn.studies.ensemble import generator

CLASSES = {"goose": 99, "dalmatian": 251, "bell pepper": 945, "lemon": 951}
OBJECTIVES = ("score", "posterior")


@dataclass(frozen=True)
class Settings:
    """Sizes of the ascent; a step's length is in units of a pixel's value, the decay per squared unit."""

    side: int
    steps: int
    length: float = 10.0
    decay: float = 1e-5


SETTINGS = {"quick": Settings(112, 20), "standard": Settings(224, 100), "paper": Settings(224, 400)}


def climb(settings: Settings, device: str) -> tuple[pd.DataFrame, dict[str, Tensor]]:
    """Climb each class's score and its posterior from the mean picture.

    SqueezeNet's last ReLU is left out: at the mean picture it would pass no gradient back to most classes.

    Returns:
        A frame (objective, class, seed, score, others, probability): the decimal logarithm of the class's score, the log-sum-exp of the
        others' over it, the posterior; and the images (n, 3, side, side), red-green-blue, by objective.
    """
    network = classifiers.squeezenet(imagenet.squeezenet(), device, final_relu=False)
    labels = torch.tensor(list(CLASSES.values()), device=device)
    rows, pictures = [], {}
    for objective in OBJECTIVES:
        images = attribution.class_images(
            network, labels, settings.side, settings.steps, settings.length, settings.decay,
            objective,
        )  # fmt: skip
        with torch.no_grad():
            outputs = network(images)
        own = outputs.gather(1, labels[:, None])[:, 0]
        others = outputs.scatter(1, labels[:, None], -torch.inf).logsumexp(1)
        share = torch.sigmoid(own - others)
        for i, name in enumerate(CLASSES):
            rows.append(
                (
                    objective,
                    name,
                    i,
                    own[i].log10().item(),
                    (others / own)[i].item(),
                    share[i].item(),
                )
            )
        pictures[objective] = images.flip(1)
    columns = ["objective", "class", "seed", "score", "others", "probability"]
    return pd.DataFrame(rows, columns=columns), pictures


def removal(
    given: Subject, maps: Tensor, seed: int, share: float = 0.05, draws: int = 4
) -> dict[str, list[float]]:
    """Return the share of the score kept when the most salient pixels turn mean grey, or random ones (mean of draws)."""
    source = generator(seed)
    with torch.no_grad():
        whole = given.logit(given.x)

    def kept(order: Tensor) -> Tensor:
        pixels = order.flatten(1)
        most = pixels.topk(round(share * pixels.shape[1]))[0][:, -1].view(-1, 1, 1, 1)
        with torch.no_grad():
            return given.logit(torch.where(order[:, None] >= most, 0.0, given.x)) / whole

    noise = [kept(torch.rand(maps.shape, generator=source).to(maps.device)) for _ in range(draws)]
    return {"random": torch.stack(noise).mean(0).tolist(), "saliency": kept(maps).tolist()}


def deconvnet_difference(networks: list[nn.Sequential], x: Tensor, labels: Tensor, relu: bool):
    """Return |deconvnet - gradient| / |gradient| of each network, with its ReLUs or with none."""
    found = []
    for net in networks:
        if not relu:
            net = nn.Sequential(*[nn.Identity() if isinstance(m, nn.ReLU) else m for m in net])
        slope = attribution.gradient(attribution.class_score(net, labels), x)
        found.append(((attribution.deconvnet(net, x, labels) - slope).norm() / slope.norm()).item())
    return found
