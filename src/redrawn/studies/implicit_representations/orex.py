"""A solid from slices: what iterating, the hinge on slopes, many radii and more slices each do.

Solids are analytic, so that occupancy and distance are exact: in two dimensions a pair of rings cut by
lines, in three a pair of linked tori cut by planes.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from redrawn.methods import surfaces
from redrawn.studies.implicit_representations.training import generator, train

RADII = tuple(2.0**-k for k in (4, 5, 6))
NEAR = 2.0**-4


@dataclass(frozen=True)
class Settings:
    """Sizes; learning rate, hinge and the law of slices are the paper's."""

    dimension: int
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
    hinge_weight: float = 1e-4
    radii: tuple[float, ...] = RADII


SETTINGS = {
    "quick": Settings(2, 32, 3, 384, 150, 3),
    "standard": Settings(3, 48, 4, 1024, 400, 4),
    "paper": Settings(3, 64, 7, 16_384, 6500, 10, state=32),
}

VARIANTS = {
    "full": {},
    "single pass": {"iterations": 1},
    "no hinge": {"hinge_weight": 0.0},
    "one radius": {"radii": RADII[:1]},
    "six slices": {"slices": 6},
}


def distance(x: np.ndarray) -> np.ndarray:
    """Return the signed distance (negative inside) to two rings (2-D) or two linked tori (3-D)."""
    if x.shape[-1] == 2:
        rings = [np.abs(np.linalg.norm(x - [c, 0.0], axis=-1) - 0.38) - 0.1 for c in (-0.36, 0.36)]
        return np.minimum(*rings)
    tori = []
    for centre, axis in ((-0.25, 2), (0.25, 1)):
        y = x - np.array([centre, 0.0, 0.0])
        flat = np.linalg.norm(np.delete(y, axis, axis=-1), axis=-1) - 0.45
        tori.append(np.hypot(flat, y[..., axis]) - 0.13)
    return np.minimum(*tori)


def slice_points(settings: Settings, rng: np.random.Generator, n: int = 4000):
    """Return points on random slices and their labels.

    A slice is a random plane (a line in 2-D): normal Gaussian, offset U(-1, 1). Points lie near the slice's
    contours, at both sides and on them at each radius, and uniformly on the slice.
    """
    d = settings.dimension
    points, labels = [], []
    for _ in range(settings.slices):
        normal = rng.normal(size=d)
        normal /= np.linalg.norm(normal)
        basis = np.linalg.svd(normal[None])[2][1:]  # spans the slice
        origin = rng.uniform(-1, 1) * normal
        x = origin + rng.uniform(-1, 1, size=(n, d - 1)) @ basis
        x = x[(np.abs(x) <= 1).all(axis=1)]
        # onto the contour along the slice, by Newton's iteration on the distance
        contour = x[np.abs(distance(x)) < 0.1]
        for _ in range(8):
            slope = in_plane_gradient(contour, basis)
            length = (slope**2).sum(axis=1, keepdims=True)
            contour = contour - distance(contour)[:, None] * slope / np.maximum(length, 1e-2)
        contour = contour[np.abs(distance(contour)) < 1e-4]
        normals = in_plane_gradient(contour, basis)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        points.append(contour)
        labels.append(np.full(len(contour), 0.5))
        for r in settings.radii:
            for side in (-1, 1):
                points.append(contour + side * r * normals)
                labels.append((distance(points[-1]) > 0).astype(float))
        free = x[: len(contour) * 2 + 200]
        points.append(free)
        labels.append((distance(free) > 0).astype(float))
    return np.concatenate(points), np.concatenate(labels)


def in_plane_gradient(x: np.ndarray, basis: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the distance's gradient within a slice, by central differences along its basis."""
    slopes = [(distance(x + step * b) - distance(x - step * b)) / (2 * step) for b in basis]
    return np.stack(slopes, axis=1) @ basis


def reconstruct(settings: Settings, seed: int, device: str):
    """Train on slices; return the logit, from (n, d) to (seeds, n) with its gradient (seeds, n, d)."""
    source = generator(seed)
    drawn = [
        slice_points(settings, np.random.default_rng([seed, i])) for i in range(settings.seeds)
    ]
    clouds = [(torch.tensor(x, dtype=torch.float32, device=device),
               torch.tensor(y, dtype=torch.float32, device=device)) for x, y in drawn]  # fmt: skip
    net = surfaces.init_orex(
        settings.dimension, settings.width, settings.depth, settings.state, settings.octaves,
        settings.seeds, source, device,
    )  # fmt: skip

    def loss():
        picks = [
            torch.randint(len(y), (settings.batch,), generator=source).to(device) for _, y in clouds
        ]
        x = torch.stack([c[0][p] for c, p in zip(clouds, picks, strict=True)])
        y = torch.stack([c[1][p] for c, p in zip(clouds, picks, strict=True)])
        return surfaces.orex_loss(net, x, y, settings.iterations, settings.hinge_weight)

    train(surfaces.parameters(net), loss, settings.steps, settings.learning_rate)

    def evaluate(x: np.ndarray):
        at = torch.tensor(x, dtype=torch.float32, device=device)
        at = at.expand(settings.seeds, -1, -1).clone().requires_grad_()
        value = surfaces.orex(net, at, settings.iterations)[-1]
        (slope,) = torch.autograd.grad(value.sum(), at)
        return value.detach().cpu().numpy(), slope.cpu().numpy()

    return evaluate


def ablate(settings: Settings, seed: int, device: str):
    """Reconstruct with every variant.

    Returns:
        A frame (variant, seed, iou, iou_near, slope, ripple): intersection over union over the cube and within
        1/16 of the surface, the mean excess of ‖∇logit‖ over the hinge near the surface, and the standard
        deviation of the distance at which the field changes sign. And {variant: logits of the first seed on a
        grid}, for pictures.
    """
    rng = np.random.default_rng(12345)  # the same held-out points for every seed and variant
    x = rng.uniform(-1, 1, size=(8000, settings.dimension))
    inside = distance(x) < 0
    near = np.abs(distance(x)) < NEAR
    rows, pictures = [], {}
    line = np.linspace(-1, 1, 129)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    if settings.dimension == 3:
        grid = np.column_stack([grid, np.zeros(len(grid))])
    for name, change in VARIANTS.items():
        evaluate = reconstruct(replace(settings, **change), seed, device)
        value, slope = evaluate(x)
        for i in range(settings.seeds):
            found = value[i] < 0
            length = np.linalg.norm(slope[i], axis=1)
            # to first order the field's own surface lies value / slope away
            off = np.clip(value[i] / np.maximum(length, 1e-3), -0.2, 0.2) - distance(x)
            excess = np.maximum(length[near] - 100, 0).mean()
            rows.append(
                (
                    name,
                    i,
                    iou(found, inside),
                    iou(found[near], inside[near]),
                    excess,
                    off[near].std(),
                )
            )
        pictures[name] = evaluate(grid)[0][0].reshape(129, 129)
    columns = ["variant", "seed", "iou", "iou_near", "slope", "ripple"]
    return pd.DataFrame(rows, columns=columns), pictures


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return the intersection over the union of two sets of points."""
    return float((a & b).sum() / max(1, (a | b).sum()))
