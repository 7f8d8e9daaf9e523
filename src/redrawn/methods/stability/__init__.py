"""Training at the edge of stability: solvable networks, gradient flow, bounds on the step size, penalties on gradients."""

from redrawn.methods.stability import scalar_network, squared_regression
from redrawn.methods.stability.gradient_flow import runge_kutta

__all__ = ["runge_kutta", "scalar_network", "squared_regression"]
