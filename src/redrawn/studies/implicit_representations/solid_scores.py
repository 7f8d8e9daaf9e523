"""How well a field of logits has found a solid: overlap, slopes, ripples and normals."""

import numpy as np
import pandas as pd

from redrawn.methods import surfaces
from redrawn.studies.implicit_representations.solids import (
    DIMENSION,
    SOLIDS,
    directional,
    onto_surface,
)

NEAR = 2.0**-4


def score(evaluate, solid: str, points: int = 8000) -> pd.DataFrame:
    """Compare a field with the true solid at held-out points, the same for every seed and variant.

    Returns one row a seed: iou over the square or cube, iou_near within 1/16 of the surface, slope (mean excess of
    ‖∇logit‖ over the hinge near the surface), ripple (standard deviation, over the surface, of the signed distance
    from the true surface to the field's, to first order) and normal_error (mean angle to the true
    normal on the surface, degrees).
    """
    distance, d = SOLIDS[solid], DIMENSION[solid]
    rng = np.random.default_rng(12345)
    x = rng.uniform(-1, 1, size=(points, d))
    inside, near = distance(x) < 0, np.abs(distance(x)) < NEAR
    surface = onto_surface(distance, x[np.abs(distance(x)) < 0.1], np.eye(d))
    normals = directional(distance, surface, np.eye(d))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    value, slope = evaluate(x)
    there, tilt = evaluate(surface)
    length = np.maximum(np.linalg.norm(tilt, axis=-1), 1e-3)
    cosine = np.einsum("end,nd->en", tilt, normals) / length
    excess = np.maximum(np.linalg.norm(slope[:, near], axis=-1) - surfaces.HINGE, 0)
    found = value < 0
    return pd.DataFrame(
        {
            "seed": np.arange(len(value)),
            "iou": [iou(f, inside) for f in found],
            "iou_near": [iou(f[near], inside[near]) for f in found],
            "slope": excess.mean(axis=1),
            "ripple": np.clip(there / length, -0.2, 0.2).std(axis=1),
            "normal_error": np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean(axis=1),
        }
    )


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return the intersection over the union of two sets of points."""
    return float((a & b).sum() / max(1, (a | b).sum()))
