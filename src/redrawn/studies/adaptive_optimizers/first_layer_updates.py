"""What TrAct's update of a first layer is, and what it does to pre-activations (Petersen, Borgelt and Ermon, 2024)."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies import tidy
from redrawn.studies.adaptive_optimizers.first_layer import Settings, clothes, patches
from redrawn.studies.ensemble import generator

SCALES = (10.0, 30.0, 100.0, 300.0, 1000.0)


def scaled(settings: Settings, seed: int, dtype=torch.float64):
    """Return standardised pictures as rows, (draws, pictures, 196), and random gradients of 10 pre-activations each."""
    source = generator(seed)
    images, _ = clothes("train")
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
    images, _ = clothes("train")
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
