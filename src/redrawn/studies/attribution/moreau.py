"""MoreauGrad: maps of smooth perceptrons under an attack on the map, and their sparsity."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import softplus

from redrawn.data.fashion import fashion_mnist
from redrawn.methods import attribution, classifiers
from redrawn.studies.attribution import perceptrons
from redrawn.studies.attribution.map_attack import attack, top
from redrawn.studies.ensemble import generator

METHODS = ("gradient", "SmoothGrad", "MoreauGrad", "sparse MoreauGrad")
PENALTIES = (0.0, 0.05, 0.5)
SPARSE = 0.5
NOISE = 0.1  # of the pictures' range, as in the authors' code


@dataclass(frozen=True)
class Settings:
    """Sizes; ρ, the step, the noise, the penalties and the attack are the authors'."""

    side: int
    width: int
    train_steps: int
    explained: int
    steps: int
    averaged: int
    samples: int
    shares: tuple[float, ...]
    seeds: int = 3

    @property
    def radius(self) -> float:
        """The attack's on CIFAR-10, 3 in 3,072 coordinates, at the same size a coordinate."""
        return 3 * self.side / 3072**0.5


SETTINGS = {
    "quick": Settings(14, 64, 200, 16, 50, 16, 8, (0.5, 1.0)),
    "standard": Settings(28, 128, 600, 40, 150, 50, 16, (0.25, 0.5, 1.0)),
    "paper": Settings(28, 256, 2000, 50, 300, 100, 32, (0.25, 0.5, 0.75, 1.0)),
}

# near a ReLU, and yet twice differentiable, as an attack on maps needs
forward = partial(classifiers.perceptron, activation=partial(softplus, beta=10))


def trained(settings: Settings, seed: int, device: str) -> tuple[list, Tensor, Tensor, list[float]]:
    """Return networks, the pictures (e, n, d) and classes (e, n) that are explained, and the accuracy on test pictures."""
    source, e = generator(seed), settings.seeds
    x, y = _pictures("train", settings, device)
    layers = classifiers.init_perceptron(
        [x.shape[1], settings.width, settings.width, 10], e, source, device
    )
    draw = perceptrons.draws(x.expand(e, -1, -1), y.expand(e, -1), 100, source)
    layers = perceptrons.fit(layers, forward, draw, settings.train_steps, 2e-3)
    test, truth = (part.expand(e, *part.shape) for part in _pictures("test", settings, device))
    order = torch.randperm(test.shape[1], generator=source)[: settings.explained]
    shown = test[:, order]
    with torch.no_grad():
        guess = forward(layers, shown).argmax(-1)  # the authors explain the predicted class
    return layers, shown, guess, perceptrons.accuracy(forward, layers, test, truth)


def _pictures(part: str, settings: Settings, device: str) -> tuple[Tensor, Tensor]:
    images, labels = (torch.from_numpy(a).to(device) for a in fashion_mnist(part, settings.side))
    return images.flatten(1), labels


def explain(settings: Settings, score, x: Tensor, method: str, seed: int, penalty: float = SPARSE):
    """Return the map of each picture, (e, n, d), and where the score's gradient is to be taken for the attack."""
    source = generator(seed)
    if method == "gradient":
        return attribution.gradient(score, x), x
    if method == "SmoothGrad":
        slope = sum(
            attribution.gradient(
                score, attribution.noisy_copies(x, NOISE, settings.samples, source)
            )
            for _ in range(settings.averaged)
        )
        slope = slope.unflatten(-2, (settings.samples, -1)).mean(-3)
        return slope / settings.averaged, x
    found = attribution.moreau_grad(
        score, x, source, rho=1.0, noise=NOISE, samples=settings.samples, steps=settings.steps,
        penalty=penalty if method == "sparse MoreauGrad" else 0.0, averaged=settings.averaged,
    )  # fmt: skip
    return found, x - found


def robustness(
    settings: Settings, layers: list, x: Tensor, labels: Tensor, seed: int
) -> pd.DataFrame:
    """Return (method, seed, radius, overlap, distance) of maps before and after the attack, means over pictures.

    Pictures whose class changes are left out, as in the authors' code.
    """
    score, rows = perceptrons.own_class(forward, layers, labels), []
    for method in METHODS:
        before, at = explain(settings, score, x, method, seed)
        for share in settings.shares:
            noise = 0.0 if method == "gradient" else NOISE
            radius = share * settings.radius
            moved = attack(score, x, at, before, radius, noise, settings.samples, seed)
            after, _ = explain(settings, score, moved, method, seed + 1)
            with torch.no_grad():
                kept = (forward(layers, moved).argmax(-1) == labels).float()
            marked = top(before)
            overlap = (marked & top(after)).sum(-1) / marked.sum(-1).clamp_min(1)
            unit = [m / m.norm(dim=-1, keepdim=True).clamp_min(1e-12) for m in (before, after)]
            apart = (unit[0] - unit[1]).norm(dim=-1)
            for e in range(len(x)):
                means = [((v * kept)[e].sum() / kept[e].sum()).item() for v in (overlap, apart)]
                rows.append((method, e, radius, *means))
    return pd.DataFrame(rows, columns=["method", "seed", "radius", "overlap", "distance"])


def strongest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest radius."""
    return frame[frame.radius == frame.radius.max()]


def sparsity(settings: Settings, layers: list, x: Tensor, labels: Tensor, seed: int):
    """Return {η: share of pixels that are not zero, one value a seed}, and the first network's maps by η."""
    score = perceptrons.own_class(forward, layers, labels)
    shares, maps = {}, {}
    for penalty in PENALTIES:
        found, _ = explain(settings, score, x, METHODS[-1], seed, penalty)
        shares[f"η = {penalty:g}"] = (found != 0).float().mean((1, 2)).tolist()
        maps[penalty] = found[0]
    return shares, maps


def quadratic_error(seed: int, dimension: int = 20, matrices: int = 5) -> list[float]:
    """Return the relative error of MoreauGrad's map of ½ xᵀAx against A(I + ρA)⁻¹x, one value a matrix."""
    source, drawn = generator(seed), []
    for _ in range(matrices):
        half = torch.randn(dimension, dimension, generator=source, dtype=torch.float64)
        x = torch.randn(8, dimension, generator=source).double()
        drawn.append((half @ half.T / dimension, x))
    a, x = (torch.stack(each) for each in zip(*drawn, strict=True))
    maps = attribution.moreau_grad(
        lambda z: 0.5 * (z @ a * z).sum(-1), x, source, learning_rate=0.1, averaged=1
    )
    exact = x @ torch.linalg.solve(torch.eye(dimension).double() + a, a)
    return ((maps - exact).norm(dim=(1, 2)) / exact.norm(dim=(1, 2))).tolist()
