"""Solids with a known signed distance: negative inside, in units of the square or cube [-1, 1]^d."""

from functools import cache

import numpy as np

from redrawn.data import bunny
from redrawn.methods import surfaces

STEP = 1e-4


def rings(x: np.ndarray) -> np.ndarray:
    """Return the distance to a pair of touching rings in the plane."""
    across, up = x[..., 0], x[..., 1]
    both = [np.abs(np.hypot(across - c, up) - 0.38) - 0.1 for c in (-0.36, 0.36)]
    return np.minimum(*both)


def tori(x: np.ndarray) -> np.ndarray:
    """Return the distance to two linked tori."""
    both = []
    for centre, axis in ((-0.25, 2), (0.25, 1)):
        y = x - np.array([centre, 0.0, 0.0])
        flat = np.linalg.norm(np.delete(y, axis, axis=-1), axis=-1) - 0.45
        both.append(np.hypot(flat, y[..., axis]) - 0.13)
    return np.minimum(*both)


@cache
def _bunny():
    return surfaces.mesh_distance(*bunny.mesh())


def stanford_bunny(x: np.ndarray) -> np.ndarray:
    """Return the distance to the Stanford bunny, from a grid."""
    return _bunny()(x)


SOLIDS = {"rings": rings, "tori": tori, "bunny": stanford_bunny}
DIMENSION = {"rings": 2, "tori": 3, "bunny": 3}


def directional(distance, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the distance's derivatives along each direction (k, d), by central differences: (n, k)."""
    slopes = [(distance(x + STEP * b) - distance(x - STEP * b)) / (2 * STEP) for b in directions]
    return np.stack(slopes, axis=1)


def onto_surface(distance, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Move points along `directions` onto the surface by Newton's iteration; those that do not arrive go."""
    for _ in range(10):
        slope = directional(distance, x, directions)
        length = (slope**2).sum(axis=1, keepdims=True)
        x = x - distance(x)[:, None] * slope @ directions / np.maximum(length, 1e-2)
    return x[np.abs(distance(x)) < 1e-4]
