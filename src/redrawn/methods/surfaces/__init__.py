"""Surfaces as the zero set of a field."""

from redrawn.methods.surfaces.level_set_equation import (
    mean_curvature_residual,
    sources,
    transport_residual,
)
from redrawn.methods.surfaces.mesh_distance import inside_mesh, mesh_distance, surface_samples
from redrawn.methods.surfaces.orex import HINGE, init_orex, orex, orex_loss, parameters

__all__ = [
    "HINGE",
    "init_orex",
    "inside_mesh",
    "mean_curvature_residual",
    "mesh_distance",
    "orex",
    "orex_loss",
    "parameters",
    "sources",
    "surface_samples",
    "transport_residual",
]
