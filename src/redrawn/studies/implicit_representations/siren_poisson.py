"""SIREN on Poisson's equation: a photograph from its gradient alone, and from its Laplacian alone."""

import math

import numpy as np
import pandas as pd
import torch

from redrawn.data import photographs
from redrawn.methods import implicit
from redrawn.studies.ensemble import leaves, train
from redrawn.studies.implicit_representations.siren import (
    Settings,
    build,
    image_derivatives,
    target,
)


def aligned_psnr(found: np.ndarray, image: np.ndarray) -> float:
    """Return the PSNR (dB) after the best a·found + b: derivatives leave offset and scale open."""
    design = np.stack([found.ravel(), np.ones(found.size)], axis=1)
    best = design @ np.linalg.lstsq(design, image.ravel(), rcond=None)[0]
    return -10 * math.log10(np.mean((best - image.ravel()) ** 2) / 4)


def solve_poisson(settings: Settings, seed: int, device: str):
    """Recover the photograph from its gradients alone, and from its Laplacian alone.

    Returns a frame (supervision, seed, psnr) and {supervision: picture of the first seed}.
    """
    side = settings.poisson_side
    image = photographs.camera(side)
    slope, curvature = image_derivatives(image)
    x, _ = target(side, device)
    x = x.expand(settings.poisson_seeds, -1, -1).contiguous()
    known = {"gradient": (1, slope.reshape(-1, 2)), "laplacian": (2, curvature.reshape(-1, 1))}
    rows, pictures = [], {}
    for name, (order, values) in known.items():
        layers, field = build("siren", settings, side, settings.poisson_seeds, seed, device)
        start = implicit.coordinate_jet(x, order)
        # scaled to unit mean square, so that both losses weigh alike for Adam
        scale = float(np.sqrt((values**2).mean()))
        wanted = torch.tensor(values / scale, dtype=torch.float32, device=device)

        def loss(layers=layers, order=order, start=start, wanted=wanted, scale=scale):
            jet = implicit.mlp_jet(layers, start, "sine")[..., 0]
            found = jet[:, 1:3] if order == 1 else jet[:, 3:]
            return (found.mT / scale - wanted).square().mean((1, 2))

        train(leaves(layers), loss, settings.poisson_steps, settings.learning_rate)
        with torch.no_grad():
            found = field(layers, x).reshape(-1, side, side).cpu().numpy()
        pictures[name] = found[0]
        rows += [(name, i, aligned_psnr(f, image)) for i, f in enumerate(found)]
    return pd.DataFrame(rows, columns=["supervision", "seed", "psnr"]), pictures
