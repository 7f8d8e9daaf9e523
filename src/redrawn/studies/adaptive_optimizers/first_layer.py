"""TrAct against plain first-layer updates: exact properties, and accuracy by epoch (Petersen, Borgelt and Ermon, 2024).

The network embeds patches of 4 × 4 pixels, two pixels apart, normalises each embedding as the first block of a ViT
does, and has a hidden and a linear layer; it is trained on clothing at 14 pixels. Networks of an ensemble differ by
their start and the order of pictures, and methods share both.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from redrawn.data import fashion
from redrawn.methods import optimizers
from redrawn.studies import tidy
from redrawn.studies.ensemble import cross_entropy, generator

SIDE, PATCH, STRIDE = 14, 4, 2
POSITIONS = ((SIDE - PATCH) // STRIDE + 1) ** 2
SCALES = (10.0, 30.0, 100.0, 300.0, 1000.0)
RATES = {"SGD": (0.02, 0.05, 0.1), "Adam": (3e-3, 1e-2, 3e-2)}


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    train: int
    epochs: int
    seeds: int
    batch: int = 64
    channels: int = 16
    hidden: int = 32
    ridge: float = 0.1
    ridges: tuple[float, ...] = (0.00625, 0.025, 0.1, 0.4, 1.6)
    pictures: int = 64
    draws: int = 8


SETTINGS = {
    "quick": Settings(960, 4, 6, ridges=(0.00625, 1.6)),
    "standard": Settings(4000, 9, 10),
    # epochs, width, batch and λ of the paper's ViT
    "paper": Settings(
        6000,
        200,
        5,
        batch=128,
        channels=384,
        hidden=384,
        ridges=(0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
    ),
}


def scaled(settings: Settings, seed: int, dtype=torch.float64):
    """Return standardised pictures as rows, (draws, pictures, 196), and random gradients of 10 pre-activations each."""
    source = generator(seed)
    images, _ = _data("train")
    shape = (settings.draws, settings.pictures)
    chosen = torch.randint(len(images), shape, generator=source)
    gradient = torch.randn((*shape, 10), generator=source, dtype=dtype) / settings.pictures
    return images.to(dtype).flatten(1)[chosen], gradient


def ridge_error(settings: Settings, seed: int) -> list[float]:
    """Return the largest difference of TrAct's update from stacked least squares, over its largest entry, by draw."""
    x, gradient = scaled(settings, seed)
    b, n = x.shape[1:]
    found = optimizers.tract_gradient(x, gradient, settings.ridge)
    root = (settings.ridge * b) ** 0.5 * torch.eye(n, dtype=x.dtype)
    errors = []
    for i in range(settings.draws):
        # rows of the ridge term below those of the data: min ‖b G − x ΔW‖² + λ b ‖ΔW‖²
        system = torch.cat([x[i], root]).numpy()
        target = torch.cat([b * gradient[i], torch.zeros(n, 10, dtype=x.dtype)]).numpy()
        exact = np.linalg.lstsq(system, target, rcond=None)[0]
        errors.append(np.abs(found[i].numpy() - exact).max() / np.abs(exact).max())
    return errors


# of a first layer, from inputs, gradients of pre-activations and λ
UPDATES = {
    "TrAct": optimizers.tract_gradient,
    "plain": lambda x, gradient, ridge: x.mT @ gradient,
}


def change(settings: Settings, seed: int) -> pd.DataFrame:
    """Return (method, scale, seed, change): the norm of the change of pre-activations when pixels are multiplied."""
    x, gradient = scaled(settings, seed)
    rows = []
    for scale in SCALES:
        for method, update in UPDATES.items():
            step = update(scale * x, gradient, settings.ridge)
            moved = (scale * x @ step).norm(dim=(1, 2)).tolist()
            rows += [(method, scale, i, v) for i, v in enumerate(moved)]
    return pd.DataFrame(rows, columns=["method", "scale", "seed", "change"])


def series(frame: pd.DataFrame, method: str) -> dict[str, list]:
    """Return {"x": scales, "y": changes, one list a seed} of one method."""
    return tidy.series(frame[frame.method == method], "scale", "change")


def contrast(settings: Settings, seed: int, low: float = 0.25) -> dict[str, list[float]]:
    """Return each method's change of a faint picture's pre-activations over that of the picture itself.

    A picture's own patches are all that the layer sees. One value a draw, the mean over pictures.
    """
    source = generator(seed)
    images, _ = _data("train")
    chosen = torch.randint(len(images), (settings.draws, settings.pictures), generator=source)
    x = patches(images.double()[chosen.flatten()])
    gradient = torch.randn((*x.shape[:-1], 10), generator=source, dtype=x.dtype) / x.shape[-2]
    found = {}
    for method, update in UPDATES.items():
        moved = [
            (s * x @ update(s * x, gradient, settings.ridge)).norm(dim=(1, 2)) for s in (low, 1.0)
        ]
        found[method] = (moved[0] / moved[1]).view(settings.draws, -1).mean(1).tolist()
    return found


def contrast_within(settings: Settings, seed: int, low: float = 0.25) -> dict[str, list[float]]:
    """Return each method's change of pre-activations of whole faint pictures, half of a batch, over that of the others."""
    x, gradient = scaled(settings, seed)
    half = settings.pictures // 2
    x = torch.cat([low * x[:, :half], x[:, half:]], 1)
    found = {}
    for method, update in UPDATES.items():
        moved = (x @ update(x, gradient, settings.ridge)).norm(dim=2)
        found[method] = (moved[:, :half].mean(1) / moved[:, half:].mean(1)).tolist()
    return found


def _data(part: str):
    images, labels = fashion.fashion_mnist(part, SIDE)
    images = torch.from_numpy(np.ascontiguousarray(images)).float()
    return (images - images.mean()) / images.std(), torch.from_numpy(labels).long()


def patches(images: torch.Tensor) -> torch.Tensor:
    """Return patches of pictures as rows, (n, POSITIONS, PATCH²)."""
    return functional.unfold(images[:, None], PATCH, stride=STRIDE).mT.contiguous()


class Nets:
    """An ensemble of networks; `ridge` None trains the first layer plainly."""

    def __init__(self, settings: Settings, networks: int, seed: int, device: str, ridge):
        source = generator(seed)
        self.ridge = ridge
        sizes = [
            (PATCH**2, settings.channels),
            (POSITIONS * settings.channels, settings.hidden),
            (settings.hidden, 10),
        ]
        self.weights = [
            (torch.randn((networks, i, o), generator=source) * (2 / i) ** 0.5)
            .to(device)
            .requires_grad_()
            for i, o in sizes
        ]
        self.biases = [
            torch.zeros((networks, 1, o), device=device, requires_grad=True) for _, o in sizes
        ]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores, (e, m, 10), of patches (e, m, POSITIONS, PATCH²)."""
        m = x.shape[-3]
        (first, *others), (bias, *biases) = self.weights, self.biases
        rows = x.flatten(-3, -2)
        z = rows @ first if self.ridge is None else optimizers.tract_linear(rows, first, self.ridge)
        h = functional.layer_norm(z + bias, z.shape[-1:]).relu()
        h = h.unflatten(-2, (m, POSITIONS)).flatten(-2)
        h = (h @ others[0] + biases[0]).relu()
        return h @ others[1] + biases[1]

    def parameters(self) -> list[torch.Tensor]:
        """Return all weights and biases."""
        return self.weights + self.biases


def train(
    settings: Settings,
    seed: int,
    device: str,
    optimizer: str,
    ridge: float | None,
    rate: float,
    pixels: str = "standard",
) -> pd.DataFrame:
    """Train an ensemble; return (seed, epoch, train, test): mean loss in nats over the epoch, accuracy in %.

    Args:
        settings: sizes.
        seed: networks at one place of the ensemble start alike for every method and see pictures in one order.
        device: where to train.
        optimizer: "SGD", with momentum, or "Adam".
        ridge: TrAct's λ, or None for the plain method.
        rate: the learning rate at the start; it falls to zero as a cosine.
        pixels: "standard", or "raw" from 0 to 255.
    """
    source = generator(seed)
    images, labels = _data("train")
    # the set is sorted by nothing, so that its beginning is a fair part of it
    images, labels = images[: settings.train], labels[: settings.train].to(device)
    tests, answers = _data("test")
    x, held = (_pixels(each, pixels).to(device) for each in (images, tests))
    answers = answers.to(device)
    nets = Nets(settings, settings.seeds, seed, device, ridge)
    run = {
        "SGD": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "Adam": lambda p: torch.optim.Adam(p, lr=rate),
    }[optimizer](nets.parameters())
    steps = settings.train // settings.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(run, steps * settings.epochs)
    rows = []
    for epoch in range(1, settings.epochs + 1):
        order = torch.stack(
            [torch.randperm(settings.train, generator=source) for _ in range(settings.seeds)]
        ).to(device)
        total = torch.zeros(settings.seeds, device=device)
        for k in range(steps):
            chosen = order[:, k * settings.batch : (k + 1) * settings.batch]
            losses = cross_entropy(nets(x[chosen]), labels[chosen])
            run.zero_grad(set_to_none=True)
            losses.sum().backward()
            run.step()
            schedule.step()
            total += losses.detach() / steps
        with torch.no_grad():
            right = (nets(held).argmax(-1) == answers).float().mean(-1) * 100
        both = zip(total.tolist(), right.tolist(), strict=True)
        rows += [(i, epoch, *line) for i, line in enumerate(both)]
    return pd.DataFrame(rows, columns=["seed", "epoch", "train", "test"])


def _pixels(images: torch.Tensor, pixels: str) -> torch.Tensor:
    if pixels == "raw":
        images = 255 * (images - images.min()) / (images.max() - images.min())
    return patches(images)


def best_rate(settings: Settings, seed: int, device: str, optimizer: str) -> float:
    """Return the plain method's rate of highest mean test accuracy at the last epoch, on starts of their own."""
    few = replace(settings, seeds=2)
    means = []
    for rate in RATES[optimizer]:
        frame = train(few, seed + 10_000, device, optimizer, None, rate)
        means.append(frame[frame.epoch == settings.epochs].test.mean())
    return RATES[optimizer][int(np.argmax(means))]


def compare(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """Train both methods by both optimizers at the plain method's best rate, and by Adam on raw pixels.

    Returns (optimizer, method, pixels, seed, epoch, train, test), and the rates.
    """
    rates = {optimizer: best_rate(settings, seed, device, optimizer) for optimizer in RATES}
    frames = []
    for optimizer, pixels in (("SGD", "standard"), ("Adam", "standard"), ("Adam", "raw")):
        for method, ridge in {"plain": None, "TrAct": settings.ridge}.items():
            found = train(settings, seed, device, optimizer, ridge, rates[optimizer], pixels)
            frames.append(found.assign(optimizer=optimizer, method=method, pixels=pixels))
    return pd.concat(frames, ignore_index=True), rates


def by_ridge(settings: Settings, seed: int, device: str, rate: float) -> list[float]:
    """Return the range of test accuracy, in %, over λ at the last epoch, trained by Adam, one value a seed."""
    ends = []
    for ridge in settings.ridges:
        frame = train(settings, seed, device, "Adam", ridge, rate)
        ends.append(frame[frame.epoch == settings.epochs].test.to_numpy())
    return np.ptp(np.stack(ends), axis=0).tolist()


def curves(frame: pd.DataFrame, optimizer: str, pixels: str = "standard") -> pd.DataFrame:
    """Return the rows of one optimizer and kind of pixels."""
    return frame[(frame.optimizer == optimizer) & (frame.pixels == pixels)]


def accuracies(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return each method's test accuracy at the last epoch, one value a seed, from what `curves` returns."""
    rows = frame[frame.epoch == frame.epoch.max()]
    table = rows.pivot(index="seed", columns="method", values="test")
    return {method: table[method].to_numpy() for method in table}


def lost(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the accuracy that each method loses on raw pixels, in %, one value a seed."""
    standard, raw = (accuracies(curves(frame, "Adam", pixels)) for pixels in ("standard", "raw"))
    return {method: standard[method] - raw[method] for method in standard}


def speed_up(frame: pd.DataFrame) -> list[float]:
    """Return all epochs over the first at which TrAct's training loss is at most the plain method's last, by seed.

    Takes what `curves` returns. Epochs are interpolated between the two on either side; one where TrAct does not get there.
    """
    found = []
    for _, part in frame.groupby("seed"):
        losses = {m: r.sort_values("epoch").train.to_numpy() for m, r in part.groupby("method")}
        level, ours = losses["plain"][-1], losses["TrAct"]
        if ours.min() > level:
            found.append(1.0)
            continue
        k = int(np.argmax(ours <= level))
        share = (ours[k - 1] - level) / (ours[k - 1] - ours[k]) if k else 1.0
        found.append(len(ours) / (k + share))
    return found
