"""LipSDP: bounds for activations of slopes in [0, 1] (Fazlyab et al., NeurIPS 2019), residual ones as well.

For r = σ(z) with slopes in [0, 1], Δr (Δz - Δr) >= 0. A layer's activation may be a small residual network of its own,
y = A x + B σ(C x) in each group of units. `RELU` is the plain one; MaxMin is two more: `TWO_RELU` has a ReLU for each output,
(x₂ + σ(x₁ - x₂), x₂ - σ(x₂ - x₁)), as Pauli et al. (ICLR 2024, Sec. 3), and `ONE_RELU` one for both, (x₂ + σ(x₁ - x₂),
x₁ - σ(x₁ - x₂)). Both are the same function; their bounds are not.
"""

from typing import NamedTuple

import cvxpy as cp
import numpy as np
from jaxtyping import Float

from redrawn.methods.lipschitz.preactivation_bounds import Layers
from redrawn.methods.lipschitz.s_procedure import Norm, storage_bound, weighted


class Unit(NamedTuple):
    """The matrices of y = A x + B σ(C x) in one group."""

    skip: Float[np.ndarray, "s s"]
    outer: Float[np.ndarray, "s r"]
    inner: Float[np.ndarray, "r s"]


RELU = Unit(np.zeros((1, 1)), np.eye(1), np.eye(1))
TWO_RELU = Unit(
    np.array([[0.0, 1], [0, 1]]), np.array([[1.0, 0], [0, -1]]), np.array([[1.0, -1], [-1, 1]])
)
ONE_RELU = Unit(np.array([[0.0, 1], [1, 0]]), np.array([[1.0], [-1]]), np.array([[1.0, -1]]))


def lipsdp(layers: Layers, unit: Unit = RELU, norm: Norm = "l2") -> float:
    """Return an upper bound of a perceptron's Lipschitz constant, one multiplier for each σ (the paper's LipSDP-Neuron).

    Args:
        layers: the network.
        unit: the activation.
        norm: of inputs.
    """

    def step(i, weight, below):
        width, inputs = weight.shape
        skip, outer, inner = (np.kron(np.eye(width // len(unit.skip)), m) for m in unit)
        kinks = len(inner)
        # everything is linear in (Δy of the layer below, Δr)
        change, r = np.eye(inputs, inputs + kinks), np.eye(kinks, inputs + kinks, inputs)
        rest = inner @ weight @ change - r
        products = r[:, :, None] * rest[:, None]
        multipliers = cp.Variable(kinks, nonneg=True)
        storage = cp.Variable((width, width), symmetric=True)
        after = skip @ weight @ change + outer @ r
        slack = change.T @ below @ change - after.T @ storage @ after
        return storage, slack - weighted(multipliers, products + products.swapaxes(1, 2))

    return storage_bound(layers, step, norm)
