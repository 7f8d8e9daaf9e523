"""Networks fitted to differential equations: residuals, reference solutions, and what makes the fit easy or hard."""

from redrawn.methods.physics.burgers import burgers_residual, cole_hopf
from redrawn.methods.physics.finite_elements import (
    System,
    elasticity_system,
    poisson_system,
    ring_mesh,
    solve,
)
from redrawn.methods.physics.gauss_legendre import gauss_legendre, led_back
from redrawn.methods.physics.graph_galerkin import (
    chebyshev_basis,
    chebyshev_network,
    init_chebyshev,
    overwrite,
    residual_norm,
)
from redrawn.methods.physics.hard_constraint import (
    Rows,
    constrained,
    equation,
    hessian,
    levenberg_marquardt,
    system,
)
from redrawn.methods.physics.lagrangian import (
    circle_jet,
    eulerian_residual,
    lagrangian_residuals,
    modes_needed,
    to_grid,
    travelled,
)
from redrawn.methods.physics.lbfgs import lbfgs
from redrawn.methods.physics.operator_preconditioning import (
    advection_blocks,
    advection_scales,
    best_condition_number,
    condition_number,
    descent_errors,
    iterations_to,
    network_matrix,
    poisson_matrix,
    poisson_scales,
)
from redrawn.methods.physics.schrodinger_residual import schrodinger_residual
from redrawn.methods.physics.split_step import allen_cahn, schrodinger
from redrawn.methods.physics.tanh_jet import coordinates, glorot, tanh_jet, tanh_values

__all__ = [
    "Rows",
    "System",
    "advection_blocks",
    "advection_scales",
    "allen_cahn",
    "best_condition_number",
    "burgers_residual",
    "chebyshev_basis",
    "chebyshev_network",
    "circle_jet",
    "cole_hopf",
    "condition_number",
    "constrained",
    "coordinates",
    "descent_errors",
    "elasticity_system",
    "equation",
    "eulerian_residual",
    "gauss_legendre",
    "glorot",
    "hessian",
    "init_chebyshev",
    "iterations_to",
    "lagrangian_residuals",
    "lbfgs",
    "led_back",
    "levenberg_marquardt",
    "modes_needed",
    "network_matrix",
    "overwrite",
    "poisson_matrix",
    "poisson_scales",
    "poisson_system",
    "residual_norm",
    "ring_mesh",
    "schrodinger",
    "schrodinger_residual",
    "solve",
    "system",
    "tanh_jet",
    "tanh_values",
    "to_grid",
    "travelled",
]
