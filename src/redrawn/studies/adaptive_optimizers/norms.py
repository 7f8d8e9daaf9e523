"""Adam, Shampoo and Prodigy as steepest descent under norms (Bernstein and Newhouse, 2024)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies import tidy
from redrawn.studies.ensemble import generator

LAYERS = ((12, 7), (5, 12))
SHARPNESS = 2.0  # λ
RATE = 0.3
SLOPE = (1.0, 0.4)  # of the colour field in the figure


@dataclass(frozen=True)
class Settings:
    """Numbers of draws."""

    draws: int = 8
    changes: int = 250
    majorised: int = 500
    prodigy_steps: int = 30


SETTINGS = {"quick": Settings(), "standard": Settings(32, 2000, 5000)}
SETTINGS["paper"] = SETTINGS["standard"]  # identities, which the paper proves


def gradients(settings: Settings, seed: int, device: str) -> list[list[torch.Tensor]]:
    """Return random gradients of both layers, one list a draw."""
    source = generator(seed)
    draw = lambda s: torch.randn(s, generator=source, dtype=torch.float64).to(device)  # noqa: E731
    return [[draw(shape) for shape in LAYERS] for _ in range(settings.draws)]


def step(gradient: list[torch.Tensor], make) -> list[torch.Tensor]:
    """Return the change of zero parameters by one step of an optimizer, made by `make(parameters)`."""
    parameters = [torch.zeros_like(g) for g in gradient]
    for p, g in zip(parameters, gradient, strict=True):
        p.grad = g.clone()
    make(parameters).step()
    return parameters


def descent(gradient: list[torch.Tensor], norm: str) -> tuple[list[torch.Tensor], float]:
    """Return the step of steepest descent over both layers, and its size, the dual norm over λ."""
    size = sum(float(optimizers.steepest(g, norm)[1]) for g in gradient) / SHARPNESS
    return step(gradient, lambda p: optimizers.SteepestDescent(p, SHARPNESS, norm)), size


def _difference(settings: Settings, seed: int, device: str, norm: str, make) -> list[float]:
    errors = []
    for gradient in gradients(settings, seed, device):
        ours, size = descent(gradient, norm)
        theirs = step(gradient, make)
        pairs = zip(ours, theirs, strict=True)
        errors.append(max(float((a / size - b / RATE).abs().max()) for a, b in pairs))
    return errors


def adam_difference(settings: Settings, seed: int, device: str) -> list[float]:
    """Return the largest difference of the directions of Adam and of descent in the max norm, by draw."""
    make = lambda p: torch.optim.Adam(p, RATE, (0.0, 0.0), 0.0)  # noqa: E731
    return _difference(settings, seed, device, "max", make)


def shampoo_difference(settings: Settings, seed: int, device: str) -> list[float]:
    """Return the largest difference of the directions of Shampoo and of descent in the spectral norm, by draw."""
    make = lambda p: optimizers.Shampoo(p, RATE, beta=0.0, eps=0.0)  # noqa: E731
    return _difference(settings, seed, device, "spectral", make)


def gain(settings: Settings, seed: int, device: str) -> list[float]:
    """Return the most that a random change lowers ⟨g, Δ⟩ + λ/2 ‖Δ‖², over its size at the step, by draw and norm.

    Changes are of any size from a millionth of the step to all of it: of every entry, of the length of a layer's step,
    and along the gradient.
    """
    source = generator(seed + 1)
    found = []
    for gradient in gradients(settings, seed, device):
        for norm, layer_norm in {
            "max": lambda w: w.abs().amax((-2, -1)),
            "spectral": lambda w: torch.linalg.matrix_norm(w, 2),
        }.items():
            best, _ = descent(gradient, norm)
            sizes = 10 ** (-6 * torch.rand(settings.changes, 1, 1, generator=source)).to(device)
            moved = []
            for w, g in zip(best, gradient, strict=True):
                change = torch.randn((settings.changes, *w.shape), generator=source).to(w)
                # chance alone would not find a step too long, nor one that leans to or from the gradient
                change[1::3] = change[1::3, :1, :1] * w / w.abs().max()
                change[2::3] = change[2::3, :1, :1] * g / g.abs().max()
                change[0] = 0
                moved.append(w + w.abs().max() * sizes * change)
            linear = sum((g * w).sum((-2, -1)) for g, w in zip(gradient, moved, strict=True))
            length = torch.stack([layer_norm(w) for w in moved]).amax(0)
            value = linear + SHARPNESS / 2 * length**2
            found.append(float((value[0] - value.min()) / value[0].abs()))
    return found


def majorised(settings: Settings, seed: int, device: str) -> list[float]:
    """Return the largest ratio of the square loss beyond its linear part to the bound, by draw.

    Inputs have norm √d_in. Half of the steps are random, half of rank one along an input, where the bound is nearest.
    """
    source = generator(seed + 2)
    inputs, outputs, rows = 7, 5, 20
    found = []
    for _ in range(settings.draws):
        x = torch.randn(settings.majorised, rows, inputs, generator=source, dtype=torch.float64)
        x = inputs**0.5 * x / x.norm(dim=-1, keepdim=True)
        change = torch.randn(settings.majorised, outputs, inputs, generator=source).to(x)
        half = settings.majorised // 2
        change[:half] = change[:half, :, :1] * x[:half, :1]
        x, change = x.to(device), change.to(device)
        # the loss is quadratic: beyond its linear part it is the mean square of ΔW x, halved, over d_out
        beyond = (x @ change.mT).square().sum((1, 2)) / (2 * rows * outputs)
        bound = inputs / outputs / 2 * torch.linalg.matrix_norm(change, 2) ** 2
        found.append(float((beyond / bound).max()))
    return found


def prodigy(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (seed, step, size): Prodigy's step on linear losses, from 10⁻⁶, without its first three."""
    rows = []
    for i, gradient in enumerate(gradients(settings, seed, device)):
        parameters = [torch.zeros_like(g) for g in gradient]
        run = optimizers.SignProdigy(parameters, 1e-6)
        for k in range(settings.prodigy_steps):
            for p, g in zip(parameters, gradient, strict=True):
                p.grad = g
            run.step()
            if k >= 3:
                rows.append((i, k, run.param_groups[0]["lr"]))
    return pd.DataFrame(rows, columns=["seed", "step", "size"])


def growth(frame: pd.DataFrame) -> dict[str, list]:
    """Return {"x": steps, "y": step sizes, one list a seed}."""
    return tidy.series(frame, "step", "size")


def arrows() -> pd.DataFrame:
    """Return (norm, sharpness, x, y, radius): the step of each norm on the figure's field, and its size."""
    slope = torch.tensor(SLOPE, dtype=torch.float64)
    rows = []
    for norm in ("sum", "euclidean", "max"):
        for sharpness in (1.0, 1.5, 3.0):
            (moved,) = step([slope], lambda p, s=sharpness, n=norm: optimizers.SteepestDescent(p, s, n))  # fmt: skip
            dual = float(optimizers.steepest(slope, norm)[1])
            rows.append((norm, sharpness, *moved.tolist(), dual / sharpness))
    return pd.DataFrame(rows, columns=["norm", "sharpness", "x", "y", "radius"])
