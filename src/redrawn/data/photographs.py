"""Photographs, as functions on the square [-1, 1]²."""

import numpy as np
from jaxtyping import Float
from skimage import io, transform

from redrawn.data import registry


def camera(side: int) -> Float[np.ndarray, "side side"]:
    """Return the grey photograph *camera*, averaged down to `side` pixels, with values in [-1, 1].

    Raises:
        ValueError: `side` is not within 2 … 512.
    """
    if not 2 <= side <= 512:
        raise ValueError(f"side must be within 2 and 512 pixels, got {side}")
    image = io.imread(registry.path_of("camera")).astype(float) / 255
    if side < 512:
        image = transform.resize(image, (side, side), anti_aliasing=True)
    return 2 * image - 1


def grid(side: int) -> Float[np.ndarray, "side*side 2"]:
    """Return (row, column) of every pixel on [-1, 1]², end points included, rows first."""
    line = np.linspace(-1, 1, side)
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
