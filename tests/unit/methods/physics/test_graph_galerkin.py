"""Graph networks and the Galerkin system: known polynomials, exact solutions, scikit-fem."""

import numpy as np
import pytest
import skfem
import torch

from redrawn.methods import physics


@pytest.fixture(scope="module")
def disk():
    mesh = physics.ring_mesh([(0.0, 1), (0.55, 4), (1.0, 8)], np.random.default_rng(0))
    return physics.poisson_system(mesh)


@pytest.fixture(scope="module")
def tube():
    mesh = physics.ring_mesh([(0.4, 5), (0.7, 6), (1.0, 7)], np.random.default_rng(0))
    return physics.elasticity_system(mesh, (0.5, 0.0))


def test_meshes_are_what_they_say(disk, tube):
    radius = np.linalg.norm(disk.nodes, axis=1)
    np.testing.assert_allclose(radius[disk.fixed], 1)
    assert (radius <= 1 + 1e-12).all()
    assert (
        abs(disk.load.sum() - np.pi) < 0.02
    )  # ∫ 1 is nearly the disk's area: the edges are curved
    inner = np.linalg.norm(tube.nodes[np.unique(tube.fixed // 2)], axis=1)
    np.testing.assert_allclose(inner, 0.4)
    assert np.linalg.norm(tube.nodes, axis=1).min() > 0.39
    doubled = np.repeat(tube.nodes, 2, axis=0)
    np.testing.assert_allclose(tube.basis.doflocs.T, doubled)  # x and y of a node are neighbours


def test_poisson_is_the_exact_solution_to_the_mesh(disk):
    found = physics.solve(disk, [1.0], 2.0)
    exact = 2 * (1 - (disk.nodes**2).sum(1)) / 4
    assert np.linalg.norm(found - exact) < 0.02 * np.linalg.norm(exact)
    system = skfem.condense(disk.matrices[0], 2 * disk.load, D=disk.fixed)
    np.testing.assert_allclose(found, skfem.solve(*system), atol=1e-10)


def test_elasticity_has_rigid_motions_and_the_traction(tube):
    x, y = tube.nodes.T
    for motion in ((1 + 0 * x, 0 * y), (0 * x, 1 + 0 * y), (-y, x)):
        u = np.stack(motion, 1).ravel()
        assert np.abs(tube.matrices @ u).max() < 1e-10
    stretch = np.stack([x, 0 * y], 1).ravel()  # ε_xx = 1: energies λ and 2μ a unit of area
    area = np.pi * (1 - 0.4**2)
    assert abs(stretch @ tube.matrices[0] @ stretch / area - 1) < 0.02
    assert abs(stretch @ tube.matrices[1] @ stretch / area - 2) < 0.04
    assert np.abs(tube.load[1::2]).max() == 0 and 0.3 < tube.load[::2].sum() / (0.5 * np.pi) < 1.3
    outer_left = x < -0.5
    assert (
        outer_left.any() and not tube.load[::2][outer_left].any()
    )  # only the right half is pulled


def test_traction_acts_along_each_axis(tube):
    mesh = tube.basis.mesh
    up = physics.elasticity_system(mesh, (0.0, 0.5))
    assert not up.load[::2].any()
    np.testing.assert_allclose(up.load[1::2], tube.load[::2])


def test_chebyshev_basis_is_cos_k_arccos(disk):
    elements = torch.as_tensor(disk.elements)
    basis = physics.chebyshev_basis(elements, len(disk.nodes), 6)
    values, vectors = torch.linalg.eigh(basis[1])
    assert values.abs().max() <= 1 + 1e-12 and abs(values.min() + 1) < 1e-12  # L - I has -1 always
    for k, matrix in enumerate(basis):
        expected = vectors * torch.cos(k * torch.arccos(values.clamp(-1, 1))) @ vectors.T
        torch.testing.assert_close(matrix, expected, atol=1e-9, rtol=0)
    assert (basis[1].diagonal() == 0).all()
    with pytest.raises(ValueError, match="neighbour"):
        physics.chebyshev_basis(elements, len(disk.nodes) + 1, 3)
    with pytest.raises(ValueError, match="order"):
        physics.chebyshev_basis(elements, len(disk.nodes), 0)


def test_network_is_the_sum_over_orders(disk):
    source = torch.Generator().manual_seed(0)
    nodes = torch.as_tensor(disk.nodes.copy())
    basis = physics.chebyshev_basis(torch.as_tensor(disk.elements), len(nodes), 4)
    layers = physics.init_chebyshev([2, 5, 3, 1], 4, 2, source)
    for _, bias in layers:
        bias.normal_(generator=source)
    found = physics.chebyshev_network(layers, basis, nodes)
    for e in range(2):
        h = nodes
        for i, (weight, bias) in enumerate(layers):
            parts = weight[e].view(4, h.shape[1], -1)
            h = sum(basis[k] @ h @ parts[k] for k in range(4)) + bias[e]
            h = h.relu() if i < 2 else h
        torch.testing.assert_close(found[e], h)
    turned = [*layers[:-1], tuple(-part for part in layers[-1])]
    torch.testing.assert_close(physics.chebyshev_network(turned, basis, nodes), -found)  # linear
    gram = layers[1][0][0].T @ layers[1][0][0]
    torch.testing.assert_close(gram, torch.eye(3).double())


def test_residual_vanishes_at_the_finite_elements_solution(disk):
    solution = torch.as_tensor(physics.solve(disk, [1.0]))
    free = torch.as_tensor(np.setdiff1d(np.arange(len(disk.load)), disk.fixed))
    stiffness, load = (torch.as_tensor(a) for a in (disk.matrices[0], disk.load))
    both = torch.stack([solution, solution + 1])
    found = physics.residual_norm(stiffness, both, load, free)
    assert found[0] < 1e-12
    moved = (stiffness @ torch.ones(len(load)).double())[free].norm()
    torch.testing.assert_close(found[1], moved, atol=1e-12, rtol=0)  # a constant has no gradient
    twice = physics.residual_norm(stiffness, 2 * both[:1], load, free)
    torch.testing.assert_close(twice[0], load[free].norm())  # the norm, not its square


def test_overwritten_values_are_exact_and_pass_no_gradient():
    values = torch.randn(2, 5).double().requires_grad_()
    found = physics.overwrite(values, torch.tensor([1, 4]), torch.tensor([7.0, 8.0]).double())
    assert (found[:, [1, 4]] == torch.tensor([7.0, 8.0]).double()).all()
    found.sum().backward()
    assert (values.grad == torch.tensor([1.0, 0, 1, 1, 0]).double()).all()
