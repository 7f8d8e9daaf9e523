"""An attribution prior on digits: expected gradients that vary smoothly over the picture (Erion et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.ensemble import Adam, cross_entropy, generator, leaves

NOISES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True)
class Settings:
    """Sizes of pictures, networks and training.

    `strength` is the second Adam's learning rate over the first's: of 0.03, 0.1, 0.3 and 1 the largest that cost less than a
    hundredth of the accuracy on clean digits, in trials with another seed.
    """

    side: int
    images: int
    epochs: int
    width: int = 128
    batch: int = 50
    learning_rate: float = 1e-3
    strength: float = 0.1
    seeds: int = 3


SETTINGS = {
    "quick": Settings(14, 2000, 3),
    "standard": Settings(28, 3000, 10),
    "paper": Settings(28, 4000, 50, width=1024),
}


def _standardised_variation(shares: Tensor, side: int) -> Tensor:
    """Return the mean total variation of each network's attributions, each map of zero mean and unit deviation; (e,)."""
    maps = (shares - shares.mean(-1, keepdim=True)) / (shares.std(-1, keepdim=True) + 1e-8)
    maps = maps.unflatten(-1, (side, side))
    return maps.diff(dim=-1).abs().mean((1, 2, 3)) + maps.diff(dim=-2).abs().mean((1, 2, 3))


def smooth_digits(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, Tensor]:
    """Train perceptrons on digits without a prior and with one on smooth expected gradients, by a second Adam as the authors do.

    Returns a frame (prior, seed, noise, accuracy) with salt and pepper on unseen digits; and gradients (2, 10, side²) of the
    first seed's networks for ten of them.
    """
    source, e, side = generator(seed), settings.seeds, settings.side
    images, truth = mnist(side)
    order = torch.randperm(len(images), generator=source)
    x = torch.from_numpy(images).float().flatten(1)[order].to(device)
    y = torch.from_numpy(truth)[order].to(device)
    widths = [side**2, settings.width, settings.width, 10]
    start = classifiers.init_perceptron(widths, e, source, device)
    plain = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in start]
    smooth = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in start]
    first, second = Adam(leaves(plain) + leaves(smooth)), Adam(leaves(smooth))
    n = settings.images
    draw = perceptrons.draws(x[:n].expand(e, -1, -1), y[:n].expand(e, -1), settings.batch, source)
    for epoch in range(settings.epochs):
        rate = settings.learning_rate * 0.95**epoch
        for _ in range(n // settings.batch):
            pictures, labels = draw()
            losses = [
                cross_entropy(classifiers.perceptron(net, pictures), labels).sum()
                for net in (plain, smooth)
            ]
            first.step(torch.autograd.grad(sum(losses), first.parameters), rate)
            references, _ = draw()
            alpha = torch.rand(1, e, settings.batch, generator=source).to(device)
            shares = attribution.expected_gradients(
                perceptrons.own_class(classifiers.perceptron, smooth, labels), pictures,
                references[None], alpha, differentiable=True,
            )  # fmt: skip
            variation = _standardised_variation(shares, side).sum()
            slopes = torch.autograd.grad(variation, second.parameters, materialize_grads=True)
            second.step(slopes, rate * settings.strength)
    rest, classes = x[4000:].expand(e, -1, -1), y[4000:].expand(e, -1)
    hit = torch.rand(rest.shape, generator=source).to(device)
    colour = (torch.rand(rest.shape, generator=source) < 0.5).float().to(device)
    rows = []
    for name, net in (("none", plain), ("prior", smooth)):
        for noise in NOISES:
            noisy = torch.where(hit < noise, colour, rest)
            found = perceptrons.accuracy(classifiers.perceptron, net, noisy, classes)
            rows += [(name, i, noise, v) for i, v in enumerate(found)]
    shown = [
        perceptrons.input_gradients(classifiers.perceptron, net, rest[:, :10], classes[:, :10])[0]
        for net in (plain, smooth)
    ]
    return pd.DataFrame(rows, columns=["prior", "seed", "noise", "accuracy"]), torch.stack(shown)


def with_noise(frame: pd.DataFrame, noise: float) -> dict[str, list[float]]:
    """Return accuracies at a share of noise, {"prior": …, "none": …}."""
    rows = frame[frame.noise == noise].sort_values("seed")
    return {name: rows[rows.prior == name].accuracy.tolist() for name in ("prior", "none")}
