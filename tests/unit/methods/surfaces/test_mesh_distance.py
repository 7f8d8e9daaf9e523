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
