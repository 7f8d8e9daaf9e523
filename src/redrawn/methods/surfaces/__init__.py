"""Surfaces as the zero set of a field."""

from redrawn.methods.surfaces.level_set_equation import (
    mean_curvature_residual,
    sources,
    transport_residual,
)
from redrawn.methods.surfaces.orex import init_orex, orex, orex_loss, parameters

__all__ = [
    "init_orex",
    "mean_curvature_residual",
    "orex",
    "orex_loss",
    "parameters",
    "sources",
    "transport_residual",
]
