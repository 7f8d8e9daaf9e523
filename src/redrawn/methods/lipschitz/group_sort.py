"""GroupSort: units in groups, each group sorted (Anil et al., ICML 2019); MaxMin is the one with groups of two.

The activation permutes its input, so that it keeps norms and sums; as a sorted vector moves no further than the vector, it is
1-Lipschitz.
"""

from itertools import permutations

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.lipschitz.preactivation_bounds import Layers


def group_sort(x: Float[Tensor, "*b h"], size: int = 2) -> Float[Tensor, "*b h"]:
    """Sort each group of `size` neighbours, largest first.

    Raises:
        RuntimeError: `size` does not divide h.
    """
    return x.unflatten(-1, (-1, size)).sort(-1, descending=True).values.flatten(-2)


def group_sort_kept(groups: int, size: int = 2) -> Float[Tensor, "g 1 s"]:
    """Return the unit vector along which each group's input is kept: the sum's."""
    return torch.full((groups, 1, size), size**-0.5, dtype=torch.float64)


def group_sort_maps(groups: int, size: int = 2) -> Float[Tensor, "g p s s"]:
    """Return the linear maps that sorting may be: the permutations."""
    orders = torch.tensor(list(permutations(range(size))))
    return torch.eye(size, dtype=torch.float64)[orders].expand(groups, -1, -1, -1)


def jacobian_norms(
    layers: Layers, x: Float[Tensor, "n d"], size: int = 2, order: float = 2
) -> Float[Tensor, " n"]:
    """Return the norm of a GroupSort perceptron's Jacobian at each point; each is a lower bound of the Lipschitz constant.

    Args:
        layers: the network.
        x: points.
        size: of a group.
        order: of the norm of inputs: 2, or infinity for a network with one output.
    """
    places = []
    for weight, bias in layers[:-1]:
        z, order_of = (x @ weight.T + bias).unflatten(-1, (-1, size)).sort(-1, descending=True)
        x = z.flatten(-2)
        places.append(order_of.argsort(-1))
    jacobian = layers[-1][0].expand(len(x), -1, -1)
    for i in reversed(range(len(places))):
        grouped = jacobian.unflatten(-1, (-1, size))
        where = places[i][:, None].expand_as(grouped)
        jacobian = grouped.gather(-1, where).flatten(-2)
        if i:
            jacobian = jacobian @ layers[i][0]
    first = layers[0][0]
    if order == float("inf"):
        return (jacobian @ first).abs().sum(-1)[:, 0]
    # the first layer has many inputs: only its Gram matrix counts
    gram = jacobian @ (first @ first.T) @ jacobian.mT
    return torch.linalg.eigvalsh(gram)[:, -1].sqrt()
