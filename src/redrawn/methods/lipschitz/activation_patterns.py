"""The largest norm over all activation patterns: the formal global Lipschitz constant (FGL in Pauli et al., ICLR 2024, Table 1).

A piecewise linear activation is one of a few linear maps in each group. All combinations are tried, so that the number of groups
must be small. Where every combination occurs at some input this is the Lipschitz constant: as it is with one hidden layer whose
weights have independent rows. With more layers it is an upper bound.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.preactivation_bounds import Layers


def formal_constant(
    layers: Layers, maps: list[Float[Tensor, "g p s s"]], order: float = 2
) -> float:
    """Return the largest norm of W_L Π_{L-1} … Π₁ W₁ over all choices of one map a group.

    Args:
        layers: the network.
        maps: for each hidden layer, the linear maps of its groups.
        order: of the norm of inputs: 2, or infinity for a network with one output.
    """
    weights = [weight.detach().double() for weight, _ in layers]
    products = weights[0][None]
    if order == 2 and weights[0].shape[1] > len(weights[0]):
        products = torch.linalg.qr(weights[0].T).R.mT[None]
    for weight, choices in zip(weights[1:], maps, strict=True):
        groups = len(choices)
        columns = weight.unflatten(-1, (groups, -1)).transpose(0, 1)
        rows = products.unflatten(1, (groups, -1))
        parts = torch.einsum("gos,gpst,cgti->gcpoi", columns, choices.to(weight), rows)
        products = parts[0].flatten(0, 1)
        for i in range(1, groups):
            # each product so far with each map of the next group, whose input is that of the pattern below
            each = parts[i].repeat_interleave(len(products) // len(rows), 0)
            products = (products[:, None] + each).flatten(0, 1)
    if order == float("inf"):
        return products.abs().sum(-1).max().item()
    return torch.linalg.eigvalsh(products @ products.mT)[:, -1].max().sqrt().item()
