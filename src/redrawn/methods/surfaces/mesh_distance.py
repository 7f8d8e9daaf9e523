"""The signed distance to a closed triangle mesh, tabulated on a grid."""

import numpy as np
from jaxtyping import Float, Int
from scipy.interpolate import RegularGridInterpolator
from scipy.spatial import cKDTree


def inside_mesh(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"], line: Float[np.ndarray, " s"]
) -> np.ndarray:
    """Say for each point of the grid `line`³ whether it lies inside: an odd number of faces below it.

    Args:
        vertices: corners of the mesh, which must be closed.
        faces: indices of each triangle's corners.
        line: increasing coordinates, the same along each axis.

    Returns:
        Boolean array (s, s, s).
    """
    s = len(line)
    crossings = np.zeros((s, s, s), dtype=np.int64)
    # a ray through a vertex or an edge would count it twice: shift the rays by less than can be seen
    at = line + 1e-7 * np.pi
    for corners in vertices[faces]:
        low = np.searchsorted(at, corners[:, :2].min(axis=0))
        high = np.searchsorted(at, corners[:, :2].max(axis=0))
        if (low == high).any():
            continue
        x, y = np.meshgrid(at[low[0] : high[0]], at[low[1] : high[1]], indexing="ij")
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0:  # seen edge-on
            continue
        u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
        v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
        w = 1 - u - v
        hit = (u >= 0) & (v >= 0) & (w >= 0)
        height = np.searchsorted(line, (u * az + v * bz + w * cz)[hit])
        i, j = np.nonzero(hit)
        seen = height < s
        np.add.at(crossings, (i[seen] + low[0], j[seen] + low[1], height[seen]), 1)
    return np.cumsum(crossings, axis=2) % 2 == 1


def surface_samples(
    vertices: Float[np.ndarray, "v 3"],
    faces: Int[np.ndarray, "f 3"],
    count: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "count 3"], Float[np.ndarray, "count 3"]]:
    """Return points uniform on the mesh, and the unit normals there (outward for outward faces)."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    pick = rng.choice(len(faces), size=count, p=area / area.sum())
    u, v = rng.random((2, count, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)  # fold the square
    points = a[pick] + u * (b - a)[pick] + v * (c - a)[pick]
    return points, normal[pick] / area[pick, None]


def mesh_distance(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"], side: int = 64
) -> RegularGridInterpolator:
    """Return a function of (n, 3) points: the signed distance, negative inside, trilinear on a grid.

    The grid has `side` points an axis over [-1, 1]³; the error is of the order of its spacing squared.
    """
    line = np.linspace(-1, 1, side)
    grid = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)
    points, _ = surface_samples(vertices, faces, 200_000, np.random.default_rng(0))
    # large leaves: far points are nearly as far from many samples, and a tree of small ones is walked all over
    distance = cKDTree(points, leafsize=100).query(grid.reshape(-1, 3))[0].reshape(side, side, side)
    signed = np.where(inside_mesh(vertices, faces, line), -distance, distance)
    return RegularGridInterpolator((line, line, line), signed, bounds_error=False, fill_value=1.0)
