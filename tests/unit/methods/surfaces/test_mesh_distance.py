import numpy as np
import pytest
from scipy.spatial import ConvexHull

from redrawn.methods import surfaces


@pytest.fixture(scope="module")
def ball():
    """A finely triangulated sphere of radius 0.7, its faces turned outwards."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1500, 3))
    points *= 0.7 / np.linalg.norm(points, axis=1, keepdims=True)
    hull = ConvexHull(points)
    faces = hull.simplices.copy()
    a, b, c = np.moveaxis(points[faces], 1, 0)
    turned = (np.cross(b - a, c - a) * (a + b + c)).sum(axis=1) < 0
    faces[turned] = faces[turned][:, ::-1]
    return points, faces


def test_inside_a_ball(ball):
    line = np.linspace(-1, 1, 30)
    grid = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1)
    radius = np.linalg.norm(grid, axis=-1)
    found = surfaces.inside_mesh(*ball, line)
    assert found[radius < 0.68].all() and not found[radius > 0.701].any()


def test_walls_seen_edge_on_come_in_any_order():
    corners = [(-0.8, -0.8), (0.83, -0.8), (-0.8, 0.83)]
    prism = np.array([(x, y, z) for z in (-0.5, 0.5) for x, y in corners])
    slanted = [[1, 2, 5], [1, 5, 4]]  # from above a line, but no line of the grid
    others = [[0, 2, 1], [3, 4, 5], [0, 1, 4], [0, 4, 3], [0, 3, 5], [0, 5, 2]]
    line = np.linspace(-1, 1, 20)
    x, y, z = np.meshgrid(line, line, line, indexing="ij")
    inside = (x > -0.8) & (y > -0.8) & (x + y < 0.03) & (abs(z) < 0.5)
    for faces in (slanted + others, others + slanted):
        np.testing.assert_array_equal(surfaces.inside_mesh(prism, np.array(faces), line), inside)


def test_the_distance_to_a_ball(ball):
    x = np.random.default_rng(1).uniform(-0.95, 0.95, (500, 3))
    found = surfaces.mesh_distance(*ball, side=40)(x)
    np.testing.assert_allclose(found, np.linalg.norm(x, axis=1) - 0.7, atol=0.03)


def test_samples_are_uniform_with_outward_normals(ball):
    points, normals = surfaces.surface_samples(*ball, 20_000, np.random.default_rng(2))
    radius = np.linalg.norm(points, axis=1)
    assert radius.min() > 0.69 and radius.max() <= 0.7 + 1e-9
    assert ((points * normals).sum(axis=1) / radius).min() > 0.95
    assert np.abs(points.mean(axis=0)).max() < 0.02
