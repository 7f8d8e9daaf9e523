"""Small convolutional networks on digits, for what asks for training: with noise in the pictures or without."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from redrawn.data.digits import mnist
from redrawn.methods import classifiers
from redrawn.studies.ensemble import Adam, generator


@dataclass(frozen=True)
class Settings:
    """Sizes of pictures, networks and training."""

    side: int
    width: int
    images: int
    epochs: int
    explained: int
    seeds: int = 3
    batch: int = 50
    learning_rate: float = 5e-3
    noise: float = 0.2


SETTINGS = {
    "quick": Settings(14, 8, 2000, 5, 24),
    "standard": Settings(28, 8, 4000, 4, 48),
    "paper": Settings(28, 32, 4000, 20, 200),
}


def split(settings: Settings, seed: int, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return training pictures (n, 1, s, s) and classes, and the explained ones and theirs, drawn by the seed."""
    images, truth = mnist(settings.side)
    order = torch.randperm(len(images), generator=generator(seed))
    x = torch.from_numpy(images).float()[order, None].to(device)
    y = torch.from_numpy(truth)[order].to(device)
    n, rest = settings.images, slice(4000, 4000 + settings.explained)
    return x[:n], y[:n], x[rest], y[rest]


def train(settings: Settings, seed: int, device: str, noise: float) -> list[nn.Sequential]:
    """Train one network a seed by Adam, with Gaussian noise of that deviation on every picture."""
    x, y, _, _ = split(settings, seed, device)
    networks = []
    for replicate in range(settings.seeds):
        source = generator(seed).manual_seed(1000 * seed + replicate)
        net = classifiers.digits_net(settings.side, settings.width, 10, source).to(device)
        adam = Adam(list(net.parameters()))
        for _ in range(settings.epochs):
            for batch in torch.randperm(len(x), generator=source).split(settings.batch):
                inputs = x[batch]
                if noise:
                    inputs = inputs + noise * torch.randn(inputs.shape, generator=source).to(device)
                loss = F.cross_entropy(net(inputs), y[batch])
                adam.step(torch.autograd.grad(loss, adam.parameters), settings.learning_rate)
        networks.append(net.requires_grad_(False).eval())
    return networks


@torch.no_grad()
def accuracy(networks: list[nn.Sequential], x: Tensor, y: Tensor) -> list[float]:
    """Return each network's share of right answers."""
    return [(net(x).argmax(1) == y).float().mean().item() for net in networks]
