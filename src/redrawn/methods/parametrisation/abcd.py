"""Perceptrons whose layers scale with the width n by exponents a, b, c, d (Yang and Littwin, 2023, Sec. 2.2).

W = n^{−a} w,  w ~ N(0, n^{−2b}),  w ← w − η n^{−c} Q(n^d g₀, …, n^d g_t)

Q is entrywise, Adam's here. The same network and training result for (a + θ, b − θ, c − θ, d + θ) (Eq. 2.5).
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.optimizers import EntrywiseAdam


class Exponents(NamedTuple):
    """Of one layer: a of the multiplier, b of the initial deviation, c of the step, d of the gradient."""

    a: float
    b: float
    c: float
    d: float

    def shifted(self, theta: float) -> "Exponents":
        """Return other exponents of the same network (Eq. 2.5)."""
        return Exponents(self.a + theta, self.b - theta, self.c - theta, self.d + theta)


# of the input layer, of hidden layers, of the output layer (Table of Sec. 2.2)
PARAMETRISATIONS = {
    "standard": (Exponents(0, 0, 0, 0), Exponents(0, 0.5, 0, 0), Exponents(0, 0.5, 0, 0)),
    # Remark 2.2.7: steps in inverse proportion to the width
    "standard, 1/n": (Exponents(0, 0, 1, 0), Exponents(0, 0.5, 1, 0), Exponents(0, 0.5, 1, 0)),
    "neural tangent": (
        Exponents(0, 0, 0.5, 0.5),
        Exponents(0.5, 0, 1, 1),
        Exponents(0.5, 0, 0.5, 0.5),
    ),
    "maximal update": (Exponents(0, 0, 0, 1), Exponents(0, 0.5, 1, 1), Exponents(1, 0, 0, 1)),
}


class WideMLP:
    """Networks of one width without biases, side by side: x¹ = φ(W¹ ξ/√k), …, f = W^{L+1} x^L, φ = ReLU.

    Inputs are divided by the root of their number k, so that a larger k does not make larger activations.

    Args:
        exponents: one for each layer, of the input, hidden and output layers in turn.
        width: n.
        inputs: k.
        outputs: of the last layer.
        networks: e.
        source: draws the weights; networks of all widths draw the first ones alike.
        device: where weights lie.
        dtype: their precision.
    """

    def __init__(
        self,
        exponents: Iterable[Exponents],
        width: int,
        inputs: int,
        outputs: int,
        networks: int,
        source: torch.Generator,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.exponents, self.width = list(exponents), width
        sizes = [inputs, *[width] * (len(self.exponents) - 1), outputs]
        self.weights = [
            (width**-e.b * torch.randn(networks, i, o, generator=source, dtype=dtype))
            .to(device)
            .requires_grad_()
            for e, i, o in zip(self.exponents, sizes[:-1], sizes[1:], strict=True)
        ]

    def features(self, x: Float[Tensor, "*e m k"]) -> Float[Tensor, "e m n"]:
        """Return the last hidden layer's activations x^L."""
        h = x / x.shape[-1] ** 0.5
        for exponent, w in zip(self.exponents[:-1], self.weights[:-1], strict=True):
            h = (h @ (self.width**-exponent.a * w)).relu()
        return h

    def __call__(self, x: Float[Tensor, "*e m k"]) -> Float[Tensor, "e m o"]:
        """Return the outputs f."""
        return self.features(x) @ (self.width ** -self.exponents[-1].a * self.weights[-1])

    def adam(self, learning_rate: float, **constants) -> EntrywiseAdam:
        """Return Adam with each layer's own factors, n^d before and n^{−c} after."""
        groups = [
            {"params": [w], "gradient_factor": self.width**e.d, "step_factor": self.width**-e.c}
            for e, w in zip(self.exponents, self.weights, strict=True)
        ]
        return EntrywiseAdam(groups, lr=learning_rate, **constants)
