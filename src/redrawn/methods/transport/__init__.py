"""Optimal transport: plans, maps, and flows of measures."""

from redrawn.methods.transport import (
    convex_gradient,
    monge_gap,
    particle_descent,
    porous_medium,
    sinkhorn,
    sparse_newton,
    sparse_plan,
    wasserstein_flow,
)

__all__ = [
    "convex_gradient",
    "monge_gap",
    "particle_descent",
    "porous_medium",
    "sinkhorn",
    "sparse_newton",
    "sparse_plan",
    "wasserstein_flow",
]
