"""Lipschitz constants of ReLU perceptrons from their Jacobians and from their weights (Khromov and Singh, ICLR 2024).

With J(x) the Jacobian of f at x, and all norms spectral,

    lower  max over samples of |J(x)|,   mean  the mean of |J(x)|,   upper  Π |W_l|.

A network with ReLU has Lipschitz constant max |J(x)| over all x. So `lower` is a bound from below, `upper` one from
above, and `mean` is at most `lower` and no bound of a maximum at all.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.perceptron_descent import Layers, activations


class Constants(NamedTuple):
    """Each network's three constants."""

    lower: Float[Tensor, " e"]
    mean: Float[Tensor, " e"]
    upper: Float[Tensor, " e"]


def jacobians(
    layers: Layers, x: Float[Tensor, "*e n d"], relu_output: bool = False
) -> Float[Tensor, "e n k d"]:
    """Return each network's Jacobian at each point, J = D_L W_L … D_1 W_1, D_l the diagonal of active units.

    Args:
        layers: weights and biases of perceptrons side by side.
        x: points, shared by all networks or each one's own.
        relu_output: outputs pass a ReLU too.
    """
    weight, _ = layers[-1]
    *hidden, outputs = activations(layers, x, relu_output)
    found = weight[:, None].expand(-1, outputs.shape[-1], -1, -1)
    if relu_output:
        found = found * (outputs > 0).mT[..., None]
    # from the output backwards, where there are fewer rows than there would be columns
    for (weight, _), h in zip(layers[-2::-1], hidden[:0:-1], strict=True):
        found = found * (h > 0).mT[:, :, None]
        found = (found.flatten(1, 2) @ weight).unflatten(1, found.shape[1:3])
    return found


def spectral_norms(matrices: Float[Tensor, "*b k d"]) -> Float[Tensor, "*b"]:
    """Return largest singular values, from the smaller of the two Gram matrices: to half of the digits for zero alone."""
    wide = matrices.shape[-1] >= matrices.shape[-2]
    gram = matrices @ matrices.mT if wide else matrices.mT @ matrices
    return torch.linalg.eigvalsh(gram)[..., -1].clamp_min(0).sqrt()


def network_constants(
    layers: Layers, x: Float[Tensor, "*e n d"], relu_output: bool = False, chunk: int = 1000
) -> Constants:
    """Return each network's lower, mean and upper constant.

    Args:
        layers: weights and biases of perceptrons side by side.
        x: the samples, shared by all networks or each one's own.
        relu_output: outputs pass a ReLU too.
        chunk: points at a time, which bounds the memory.

    Raises:
        ValueError: there is no sample.
    """
    if not x.shape[-2]:
        raise ValueError("needs at least one sample")
    parts = x.split(chunk, dim=-2)
    norms = torch.cat([spectral_norms(jacobians(layers, p, relu_output)) for p in parts], 1)
    upper = torch.stack([torch.linalg.matrix_norm(w, 2) for w, _ in layers]).prod(0)
    return Constants(norms.amax(1), norms.mean(1), upper)
