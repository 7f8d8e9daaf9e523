"""Graph neural Galerkin networks (Gao, Zahr and Wang, arXiv 2107.12146): a graph network whose outputs are nodal values.

The nodes of a finite-element mesh are the graph's; its output u at the nodes is put into the Galerkin residual
R(u) = K u - F, and the norm of R at the free nodes is the loss (eq. 10 ff.). Nodes with a known value are overwritten,
so that boundary conditions hold exactly. A layer is Chebyshev's: with L̂ = L - I of the normalised graph Laplacian L,

    h' = ReLU(Σ_k T_k(L̂) h W_k + b),    T_k = 2 L̂ T_{k-1} - T_{k-2}.
"""

import itertools

import torch
from jaxtyping import Float, Int
from torch import Tensor


def chebyshev_basis(
    elements: Int[Tensor, "dofs elements"], nodes: int, order: int
) -> Float[Tensor, "order nodes nodes"]:
    """Return T_0 … T_{K-1} of L̂, where all nodes of an element are neighbours of each other.

    Raises:
        ValueError: an order below one, or a node without a neighbour.
    """
    if order < 1:
        raise ValueError(f"order must be at least one, got {order}")
    adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
    rows = elements.T
    adjacency[rows[:, :, None].expand(-1, -1, rows.shape[1]), rows[:, None, :]] = 1
    adjacency.fill_diagonal_(0)
    degree = adjacency.sum(1)
    if (degree == 0).any():
        raise ValueError("a node has no neighbour")
    scaled = -adjacency / (degree[:, None] * degree).sqrt()  # L - I
    found = [torch.eye(nodes, dtype=torch.float64), scaled]
    while len(found) < order:
        found.append(2 * scaled @ found[-1] - found[-2])
    return torch.stack(found[:order])


def init_chebyshev(
    widths: list[int], order: int, networks: int, generator: torch.Generator, device="cpu"
) -> list[tuple[Tensor, Tensor]]:
    """Draw weights (e, order · inputs, outputs), orthogonal, and biases (e, 1, outputs), zero."""
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        weight = torch.empty(networks, order * inputs, outputs, dtype=torch.float64)
        for one in weight:
            torch.nn.init.orthogonal_(one, generator=generator)
        layers.append(
            (
                weight.to(device),
                torch.zeros(networks, 1, outputs, dtype=torch.float64, device=device),
            )
        )
    return layers


def chebyshev_network(
    layers, basis: Float[Tensor, "order nodes nodes"], nodes: Float[Tensor, "nodes d"]
) -> Float[Tensor, "e nodes outputs"]:
    """Return each network's nodal values from the nodes' coordinates; the last layer is linear."""
    networks = layers[0][0].shape[0]
    order, n, _ = basis.shape
    h = nodes.expand(networks, -1, -1)
    for i, (weight, bias) in enumerate(layers):
        # one product for all networks and orders: many small ones are several times slower
        spread = basis.view(order * n, n) @ h.transpose(0, 1).reshape(n, -1)
        spread = spread.view(order, n, networks, -1).permute(2, 1, 0, 3).reshape(networks, n, -1)
        h = torch.baddbmm(bias, spread, weight)
        if i < len(layers) - 1:
            h = torch.relu(h)
    return h


def overwrite(
    values: Float[Tensor, "e dofs"], known: Int[Tensor, " m"], given: Float[Tensor, " m"]
) -> Float[Tensor, "e dofs"]:
    """Return the values with those of the known degrees of freedom put in their place."""
    return values.index_copy(-1, known, given.expand(len(values), -1))


def residual_norm(
    stiffness: Float[Tensor, "*e dofs dofs"],
    values: Float[Tensor, "e dofs"],
    load: Float[Tensor, "*e dofs"],
    free: Int[Tensor, " m"],
) -> Float[Tensor, " e"]:
    """Return ‖(K u - F) at the free degrees of freedom‖, each network's own: the norm, not its square."""
    residual = (stiffness @ values[..., None])[..., 0] - load
    return residual[:, free].norm(dim=1)
