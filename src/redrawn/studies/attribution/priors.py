"""Attribution priors: the authors' convergence demonstration, and smooth attributions on digits (Erion et al.)."""

from dataclasses import dataclass

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from redrawn.data.digits import mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.ensemble import cross_entropy, generator, leaves

PRIORS = ("expected gradients", "log-gradients", "gradients")
EPOCHS, ROWS, BATCH = 200, 1000, 64
NOISES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True)
class Settings:
    """Sizes of the digits' experiment; the demonstration is the paper's own in every profile.

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
    "quick": Settings(14, 2000, 5),
    "standard": Settings(28, 3000, 10),
    "paper": Settings(28, 4000, 50, width=1024),
}


def dependence(weight: Tensor, bias: Tensor) -> Tensor:
    """Return each network's mean change of output when x₂ is switched, over that when x₁ is; shapes (…, 2), (…)."""
    grid = torch.arange(0, 1, 0.01, dtype=weight.dtype)

    def change(switched: Tensor, other: Tensor) -> Tensor:
        rest = other[..., None] * grid + bias[..., None]
        return (torch.sigmoid(rest + switched[..., None]) - torch.sigmoid(rest)).mean(-1)

    first, second = weight.unbind(-1)
    return change(second, first) / change(first, second)


def demonstration(seed: int, seeds: int = 3) -> pd.DataFrame:
    """Train σ(wᵀx + b) on y = x₁ = x₂ with a prior against x₂, by each prior and for each seed.

    Returns a frame (prior, seed, epoch, dependence).
    """
    source, k = generator(seed), len(PRIORS)
    chance = torch.rand(seeds, ROWS, generator=source)
    y = torch.bernoulli(chance, generator=source)
    weight = torch.full((k, seeds, 2), 10.0, requires_grad=True)
    bias = torch.full((k, seeds), -6.0, requires_grad=True)
    adam = torch.optim.Adam([weight, bias], lr=1e-2)
    zero = torch.zeros(1, seeds, BATCH, 2)

    def logit(x, w, b):
        return torch.einsum("ebd,...ed->...eb", x, w) + b[..., None]

    rows = []
    for epoch in range(EPOCHS):
        order = torch.rand(seeds, ROWS, generator=source).argsort(1)
        for start in range(0, ROWS - BATCH + 1, BATCH):
            label = y.gather(1, order[:, start : start + BATCH])
            x = label[..., None].expand(-1, -1, 2)
            outputs = logit(x, weight, bias)
            loss = F.binary_cross_entropy_with_logits(
                outputs, label.expand_as(outputs), reduction="none"
            )
            expected = attribution.expected_gradients(
                lambda z: torch.sigmoid(logit(z, weight[0], bias[0])), x, zero,
                torch.rand(1, seeds, BATCH, generator=source), differentiable=True,
            )[..., 1]  # fmt: skip
            share = torch.sigmoid(outputs)
            slope = (1 - share) * weight[..., None, 1]  # of log σ; times σ that of σ itself
            prior = torch.stack([expected, slope[1], (share * slope)[2]]).abs()
            adam.zero_grad(set_to_none=True)
            (loss.mean(-1) + prior.mean(-1)).sum().backward()
            adam.step()
        with torch.no_grad():
            found = dependence(weight, bias)
        rows += [
            (p, e, epoch, found[i, e].item()) for i, p in enumerate(PRIORS) for e in range(seeds)
        ]
    return pd.DataFrame(rows, columns=["prior", "seed", "epoch", "dependence"])


def at_end(frame: pd.DataFrame, prior: str) -> list[float]:
    """Return the last dependence, one value a seed."""
    last = frame[(frame.prior == prior) & (frame.epoch == frame.epoch.max())]
    return last.sort_values("seed").dependence.tolist()


def first_below(frame: pd.DataFrame, prior: str, level: float = 0.02) -> list[float]:
    """Return the first epoch with a dependence below the level, the last where there is none; one value a seed."""
    rows = frame[frame.prior == prior]
    reached = rows[rows.dependence < level].groupby("seed").epoch.min()
    return reached.reindex(sorted(rows.seed.unique()), fill_value=EPOCHS).astype(float).tolist()


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
    first = torch.optim.Adam(leaves(plain) + leaves(smooth))
    second = torch.optim.Adam(leaves(smooth))
    n = settings.images
    draw = perceptrons.draws(x[:n].expand(e, -1, -1), y[:n].expand(e, -1), settings.batch, source)
    for epoch in range(settings.epochs):
        rate = settings.learning_rate * 0.95**epoch
        first.param_groups[0]["lr"] = rate
        second.param_groups[0]["lr"] = rate * settings.strength
        for _ in range(n // settings.batch):
            pictures, labels = draw()
            first.zero_grad(set_to_none=True)
            losses = [
                cross_entropy(classifiers.perceptron(net, pictures), labels).sum()
                for net in (plain, smooth)
            ]
            sum(losses).backward()
            first.step()
            references, _ = draw()
            alpha = torch.rand(1, e, settings.batch, generator=source).to(device)
            shares = attribution.expected_gradients(
                perceptrons.own_class(classifiers.perceptron, smooth, labels), pictures,
                references[None], alpha, differentiable=True,
            )  # fmt: skip
            second.zero_grad(set_to_none=True)
            _standardised_variation(shares, side).sum().backward()
            second.step()
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
