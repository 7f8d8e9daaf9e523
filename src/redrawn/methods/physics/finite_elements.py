"""Galerkin systems of Poisson's equation and of plane elasticity on curved quadratic triangles, by scikit-fem."""

from typing import NamedTuple

import numpy as np
import skfem
from jaxtyping import Float, Int
from scipy.spatial import Delaunay
from skfem.helpers import ddot, div, dot, grad, sym_grad


class System(NamedTuple):
    """What a residual needs: (Σ_i c_i K_i) u = F, with the constrained degrees of freedom at zero."""

    matrices: Float[np.ndarray, "terms dofs dofs"]
    load: Float[np.ndarray, " dofs"]
    fixed: Int[np.ndarray, " m"]
    nodes: Float[np.ndarray, "nodes 2"]
    elements: Int[np.ndarray, "6 elements"]
    basis: skfem.Basis


def ring_mesh(
    rings: list[tuple[float, int]], generator: np.random.Generator, jitter: float = 0.25
) -> skfem.MeshTri2:
    """Return an irregular mesh between the first and the last circle about the origin (a disk if the first is a point).

    Args:
        rings: radius and number of nodes of each circle, inner first; inner circles are jittered, end circles stay.
        generator: of the jitter.
        jitter: of a node, in units of the distance between rings.
    """
    points = []
    gap = (rings[-1][0] - rings[0][0]) / (len(rings) - 1)
    for i, (radius, count) in enumerate(rings):
        angle = 2 * np.pi * (np.arange(count) + 0.5 * (i % 2)) / count
        ring = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
        if 0 < i < len(rings) - 1:
            ring += jitter * gap * generator.uniform(-1, 1, ring.shape)
        points.append(ring)
    points = np.concatenate(points)
    triangles = Delaunay(points).simplices
    hole = rings[0][1]
    if hole > 1:  # triangles of the inner circle's nodes alone lie in the hole
        triangles = triangles[~(triangles < hole).all(1)]
    straight = skfem.MeshTri(points.T, triangles.T)
    curved = skfem.MeshTri2.from_mesh(straight)
    places = curved.doflocs.copy()
    edges = straight.boundary_facets()
    ends = straight.facets[:, edges]
    radius = np.linalg.norm(straight.p[:, ends], axis=0).mean(0)
    middle = straight.p[:, ends].mean(1)
    places[:, straight.p.shape[1] + edges] = middle / np.linalg.norm(middle, axis=0) * radius
    return skfem.MeshTri2(places, curved.t)


def poisson_system(mesh: skfem.MeshTri2) -> System:
    """Return -Δu = S in the disk, u = 0 on its edge, for S = 1."""
    basis = skfem.Basis(mesh, skfem.ElementTriP2(), intorder=6)
    stiffness = skfem.BilinearForm(lambda u, v, w: dot(grad(u), grad(v))).assemble(basis)
    load = skfem.LinearForm(lambda v, w: v).assemble(basis)
    fixed = basis.get_dofs().all().astype(np.int64)
    return System(
        stiffness.toarray()[None], load, fixed, basis.doflocs.T, basis.element_dofs, basis
    )


def elasticity_system(mesh: skfem.MeshTri2, traction: tuple[float, float]) -> System:
    """Return plane strain with the inner circle clamped and a traction on the right half of the outer one.

    σ = λ tr(ε) I + 2μ ε, so that the matrices are those of λ and of μ. Degrees of freedom alternate: x, y of node 0, ….
    """
    element = skfem.ElementVector(skfem.ElementTriP2())
    basis = skfem.Basis(mesh, element, intorder=6)
    volume = skfem.BilinearForm(lambda u, v, w: div(u) * div(v)).assemble(basis)
    shear = skfem.BilinearForm(lambda u, v, w: 2 * ddot(sym_grad(u), sym_grad(v))).assemble(basis)
    radius = np.linalg.norm(mesh.p, axis=0)
    middle = (radius.min() + radius.max()) / 2
    right = mesh.facets_satisfying(
        lambda x: (np.hypot(*x) > middle) & (x[0] > 0), boundaries_only=True
    )
    side = skfem.FacetBasis(mesh, element, facets=right, intorder=6)
    load = skfem.LinearForm(lambda v, w: traction[0] * v[0] + traction[1] * v[1]).assemble(side)
    inner = mesh.facets_satisfying(lambda x: np.hypot(*x) < middle, boundaries_only=True)
    fixed = basis.get_dofs(inner).all().astype(np.int64)
    scalar = skfem.Basis(mesh, skfem.ElementTriP2())
    matrices = np.stack([volume.toarray(), shear.toarray()])
    return System(matrices, load, fixed, scalar.doflocs.T, scalar.element_dofs, basis)


def solve(system: System, coefficients: list[float], source: float = 1.0):
    """Return the finite-element solution's degrees of freedom, the reference."""
    stiffness = np.tensordot(coefficients, system.matrices, 1)
    free = np.setdiff1d(np.arange(len(system.load)), system.fixed)
    found = np.zeros(len(system.load))
    found[free] = np.linalg.solve(stiffness[np.ix_(free, free)], source * system.load[free])
    return found
