"""The Stanford bunny, as a closed triangle mesh."""

import numpy as np
from jaxtyping import Float, Int

from redrawn.data import registry

HALF = 1 / 1.1
"""Largest coordinate after scaling: the paper's margin of a tenth about the shape."""


def mesh() -> tuple[Float[np.ndarray, "vertices 3"], Int[np.ndarray, "faces 3"]]:
    """Return vertices, centred and scaled into [-1/1.1, 1/1.1]³, and the triangles' corners."""
    with np.load(registry.path_of("bunny")) as stored:
        vertices, faces = stored["vertices"].astype(float), stored["faces"]
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    vertices = vertices - middle
    return vertices * HALF / np.abs(vertices).max(), faces
