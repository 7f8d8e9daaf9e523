"""The product of spectral norms: a global Lipschitz constant of a perceptron with 1-Lipschitz activations."""

from math import prod

import torch

from redrawn.methods.lipschitz.preactivation_bounds import Layers


def norm_product(layers: Layers) -> float:
    """Return Π‖W_i‖₂, a bound for outputs and inputs in the Euclidean norm (Szegedy et al., ICLR 2014)."""
    return prod(torch.linalg.matrix_norm(weight.double(), 2).item() for weight, _ in layers)
