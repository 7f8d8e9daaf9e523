"""Training at the edge of stability: solvable networks, gradient flow, bounds on the step size, penalties on gradients."""

from redrawn.methods.stability import (
    opposing_signals,
    residual_perceptron,
    scalar_network,
    squared_regression,
)
from redrawn.methods.stability.gradient_flow import runge_kutta
from redrawn.methods.stability.gradient_penalty import (
    difference,
    double_backpropagation,
    flooded_step,
    penalised_gradient,
)
from redrawn.methods.stability.sgd_moments import largest_stable_step, moment_radius
from redrawn.methods.stability.soft_threshold import (
    lasso_objective,
    least_squares_gradient,
    proximal_step,
    soft_threshold,
    subgradient_step,
)  # fmt: skip

__all__ = [
    "difference",
    "double_backpropagation",
    "flooded_step",
    "largest_stable_step",
    "lasso_objective",
    "least_squares_gradient",
    "moment_radius",
    "opposing_signals",
    "penalised_gradient",
    "proximal_step",
    "residual_perceptron",
    "runge_kutta",
    "scalar_network",
    "soft_threshold",
    "squared_regression",
    "subgradient_step",
]
