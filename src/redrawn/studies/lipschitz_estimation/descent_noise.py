"""Lipschitz constants of perceptrons against the share of shuffled labels (Khromov and Singh)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from redrawn.data.digits import mnist
from redrawn.methods.lipschitz import network_constants as constants
from redrawn.methods.lipschitz import perceptron_descent as perceptrons
from redrawn.studies.ensemble import generator
from redrawn.studies.lipschitz_estimation.descent import CLASSES, train


@dataclass(frozen=True)
class Settings:
    """Sizes; epochs and rate are the same for every width and share."""

    widths: tuple[int, ...]
    shares: tuple[float, ...]
    epochs: int
    samples: int = 500
    batch: int = 100
    rate: float = 0.5
    seeds: int = 4

    @property
    def three(self) -> dict[str, int]:
        """Return the narrowest, the middle and the widest width."""
        return dict(
            zip(("narrow", "middle", "wide"), self.widths[:: len(self.widths) // 2], strict=True)
        )


SHARES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1)
SETTINGS = {
    "quick": Settings((8, 16, 32), (0, 0.2, 0.4, 0.7, 1), 500),
    "standard": Settings((8, 12, 16, 24, 32), SHARES, 500, seeds=8),
    "paper": Settings((16, 32, 64, 128, 256), SHARES, 2000, samples=4000),
}


def shuffled(labels: Tensor, share: float, networks: int, source: torch.Generator) -> Tensor:
    """Return the labels once a network, (e, n), with a random `share` of them permuted among themselves."""
    found = labels.repeat(networks, 1)
    count = round(share * labels.numel())
    for row in found:
        chosen = torch.randperm(labels.numel(), generator=source)[:count]
        row[chosen] = row[chosen[torch.randperm(count, generator=source)]]
    return found


def noise(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Train a hidden layer, without biases, on small pictures of digits with shuffled labels.

    Returns:
        A frame (width, share, seed, lower, mean, upper, accuracy), accuracy on the labels that were learned from.
    """
    source = generator(seed)
    images, digits = mnist(7)
    chosen = torch.randperm(len(digits), generator=source)[: settings.samples].numpy()
    x = torch.from_numpy(images.reshape(len(digits), -1)[chosen]).float()
    x = ((x - x.mean()) / x.std()).to(device)
    truth, shares = torch.from_numpy(digits[chosen]), settings.shares
    labels = [shuffled(truth, share, settings.seeds, source) for share in shares]
    labels = torch.cat(labels).to(device)
    target = functional.one_hot(labels, CLASSES).float()
    frames = []
    for width in settings.widths:
        layers = perceptrons.init_layers(
            [x.shape[1], width, CLASSES], len(labels), source, biases=False, device=device
        )
        train(layers, x, target, settings, relu_output=False)
        found = constants.network_constants(layers, x)._asdict()
        guesses = perceptrons.activations(layers, x)[-1].argmax(1)
        found["accuracy"] = (guesses == labels).float().mean(-1)
        columns = {name: values.cpu().numpy() for name, values in found.items()}
        places = {"width": width, "share": np.repeat(shares, settings.seeds),
                  "seed": np.tile(range(settings.seeds), len(shares))}  # fmt: skip
        frames.append(pd.DataFrame(places | columns))
    return pd.concat(frames, ignore_index=True)
