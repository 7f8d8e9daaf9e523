"""The product of infinity norms: a global Lipschitz constant of a perceptron with 1-Lipschitz activations."""

from math import prod

from redrawn.methods.lipschitz.preactivation_bounds import Layers


def infinity_product(layers: Layers) -> float:
    """Return Π‖W_i‖_∞, with ‖W‖_∞ the largest absolute row sum: a bound for outputs and inputs in the infinity norm."""
    return prod(weight.abs().sum(1).max().item() for weight, _ in layers)
