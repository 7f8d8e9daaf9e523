"""A solid from slices: what iterating, the hinge on slopes, many radii and more slices each do."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from redrawn.methods import surfaces
from redrawn.studies.ensemble import generator, train
from redrawn.studies.implicit_representations.solid_scores import score
from redrawn.studies.implicit_representations.solids import (
    DIMENSION,
    SOLIDS,
    directional,
    onto_surface,
)

RADII = tuple(2.0**-k for k in (4, 5, 6))
GRID = 129


@dataclass(frozen=True)
class Settings:
    """Sizes; learning rate, weight decay, hinge and the law of slices are the paper's.

    The learning rate falls by a tenth every hundred steps, which is ten of the paper's epochs.
    """

    solids: tuple[str, ...]
    width: int
    depth: int
    batch: int
    steps: int
    iterations: int
    slices: int = 15
    seeds: int = 4
    state: int = 16
    octaves: int = 5
    learning_rate: float = 1e-2
    decay: float = 0.9 ** (1 / 100)
    weight_decay: float = 1e-3
    hinge_weight: float = 1e-4
    radii: tuple[float, ...] = RADII


SETTINGS = {
    "quick": Settings(("rings",), 32, 3, 384, 150, 3),
    "standard": Settings(("tori", "bunny"), 48, 4, 1024, 400, 4),
    "paper": Settings(("tori", "bunny"), 64, 7, 16_384, 6500, 10, state=32),
}

VARIANTS = {
    "full": {},
    "single pass": {"iterations": 1},
    "no hinge": {"hinge_weight": 0.0},
    "one radius": {"radii": RADII[:1]},
    "six slices": {"slices": 6},
}


def slice_points(settings: Settings, solid: str, rng: np.random.Generator, n: int = 4000):
    """Return points on random slices (m, d) and, for each, its label, the slice's number and the radius.

    A slice is a random plane (a line in 2-D): normal Gaussian, offset U(-1, 1). Points lie on the slice's
    contours, on both sides of them at each radius, and uniformly on the slice; the radius of the first and
    the last is zero. Labels are 0 inside, 1 outside, 1/2 on a contour.
    """
    distance, d = SOLIDS[solid], DIMENSION[solid]
    groups = []
    for number in range(settings.slices):
        normal = rng.normal(size=d)
        normal /= np.linalg.norm(normal)
        basis = np.linalg.svd(normal[None])[2][1:]  # spans the slice
        x = rng.uniform(-1, 1) * normal + rng.uniform(-1, 1, size=(n, d - 1)) @ basis
        x = x[(np.abs(x) <= 1).all(axis=1)]
        contour = onto_surface(distance, x[np.abs(distance(x)) < 0.1], basis)
        across = directional(distance, contour, basis) @ basis
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        groups.append((contour, np.full(len(contour), 0.5), number, 0.0))
        sides = [(contour + side * r * across, r) for r in settings.radii for side in (-1, 1)]
        for free, radius in (*sides, (x[: 2 * len(contour) + 200], 0.0)):
            groups.append((free, (distance(free) > 0).astype(float), number, radius))
    points, labels, numbers, radii = zip(*groups, strict=True)
    counts = [len(p) for p in points]
    return (
        np.concatenate(points), np.concatenate(labels), np.repeat(numbers, counts), np.repeat(radii, counts),
    )  # fmt: skip


def reconstruct(settings: Settings, solid: str, slices, seed: int, device: str):
    """Train on those points of each seed's `slices` that are of the settings' first slices and radii.

    Returns a function from points (n, d) to logits (seeds, n) and, unless told otherwise, their gradients (seeds, n, d).
    """
    source = generator(seed)
    clouds = []
    for x, y, number, radius in slices:
        seen = (number < settings.slices) & np.isin(radius, (0, *settings.radii))
        clouds.append([torch.tensor(a[seen], dtype=torch.float32, device=device) for a in (x, y)])
    net = surfaces.init_orex(
        DIMENSION[solid], settings.width, settings.depth, settings.state, settings.octaves,
        settings.seeds, source, device,
    )  # fmt: skip

    def loss():
        picked = []
        for x, y in clouds:
            pick = torch.randint(len(y), (settings.batch,), generator=source).to(device)
            picked.append((x[pick], y[pick]))
        x, y = (torch.stack(part) for part in zip(*picked, strict=True))
        return surfaces.orex_loss(net, x, y, settings.iterations, settings.hinge_weight)

    train(
        surfaces.parameters(net), loss, settings.steps, settings.learning_rate,
        final_share=settings.decay**settings.steps, weight_decay=settings.weight_decay,
    )  # fmt: skip

    def evaluate(x: np.ndarray, gradients: bool = True):
        at = torch.tensor(x, dtype=torch.float32, device=device)
        at = at.expand(settings.seeds, -1, -1).clone().requires_grad_(gradients)
        with torch.set_grad_enabled(gradients):
            value = surfaces.orex(net, at, settings.iterations)[-1]
        slope = torch.autograd.grad(value.sum(), at)[0].cpu().numpy() if gradients else None
        return value.detach().cpu().numpy(), slope

    return evaluate


def ablate(settings: Settings, seed: int, device: str):
    """Reconstruct every solid with every variant.

    Returns:
        A frame (solid, variant, seed, iou, iou_near, slope, ripple, normal_error), and {variant: logits of
        the first solid and seed on the plane z = 0} for pictures. See `score` for the columns.
    """
    line = np.linspace(-1, 1, GRID)
    plane = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    rows, pictures = [], {}
    for solid in settings.solids:
        grid = np.pad(plane, ((0, 0), (0, DIMENSION[solid] - 2)))
        # every variant sees the same slices, or a part of them
        rngs = [np.random.default_rng([seed, i]) for i in range(settings.seeds)]
        slices = [slice_points(settings, solid, rng) for rng in rngs]
        for name, change in VARIANTS.items():
            evaluate = reconstruct(replace(settings, **change), solid, slices, seed, device)
            rows.append(score(evaluate, solid).assign(solid=solid, variant=name))
            if solid == settings.solids[0]:
                pictures[name] = evaluate(grid, gradients=False)[0][0].reshape(GRID, GRID)
    return pd.concat(rows, ignore_index=True), pictures


def over_solids(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each measure's mean over the solids (variant, seed, …)."""
    return frame.groupby(["variant", "seed"], as_index=False, sort=False).mean(numeric_only=True)
