"""The Monge gap: how much a map's cost exceeds that of the best way to the same place.

Uscidda, Cuturi, ICML 2023, arXiv 2302.04953:  M(T) = mean c(x, Tx) - W_c(ρ, T♯ρ), with W_c entropic.
For ρ = N(0, I), Tx = Ax and c = ‖·‖² it is 2(‖A‖_* - tr A), which is zero exactly for A positive semi-definite.
"""

from collections.abc import Callable

import numpy as np
import ot
import torch
from jaxtyping import Float
from torch import Tensor

Points = Float[Tensor, "e n d"]
Cost = Callable[[Tensor, Tensor], Tensor]


def squared_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return ‖x - y‖² over the last dimension."""
    return (x - y).square().sum(-1)


def distance(x: Tensor, y: Tensor) -> Tensor:
    """Return ‖x - y‖ over the last dimension, smooth where it vanishes."""
    return (squared_distance(x, y) + 1e-12).sqrt()


def pairwise(cost: Cost, x: Points, y: Points) -> Float[Tensor, "e n n"]:
    """Return the cost of every pair."""
    return cost(x[:, :, None], y[:, None])


@torch.no_grad()
def entropic_plan(
    cost: Float[Tensor, "e n n"], epsilon: float | Float[Tensor, " e"], sweeps: int
) -> Float[Tensor, "e n n"]:
    """Return plans of uniform marginals 1/n, ε being a share of each problem's mean cost.

    Rows and columns are shifted so that each holds a zero first; then no row of the kernel vanishes.

    Raises:
        ValueError: ε is not positive.
    """
    share = torch.as_tensor(epsilon, dtype=torch.float64, device=cost.device).reshape(-1, 1, 1)
    if (share <= 0).any():
        raise ValueError(f"ε must be positive, got {epsilon}")
    scaled = cost.double() / (share * cost.double().mean((1, 2), keepdim=True))
    scaled = scaled - scaled.amin(2, keepdim=True)
    n = cost.shape[1]
    kernel = (scaled.amin(1, keepdim=True) - scaled).exp_().mul_(n)
    product, v = torch.empty_like(kernel), torch.ones_like(kernel[:, :1])
    for _ in range(sweeps):
        # for many small kernels torch's batched product takes three times as long
        u = torch.mul(kernel, v, out=product).sum(2, keepdim=True).reciprocal_()
        v = torch.mul(kernel, u, out=product).sum(1, keepdim=True).reciprocal_()
    return product.mul_(v / n).to(cost.dtype)


def entropic_cost(cost: Float[Tensor, "e n n"], epsilon: float, sweeps: int) -> Float[Tensor, " e"]:
    """Return ⟨P, C⟩; its gradient holds the plan fixed, as the envelope theorem has it for small ε."""
    return (entropic_plan(cost.detach(), epsilon, sweeps) * cost).sum((1, 2))


def monge_gap(cost: Cost, x: Points, y: Points, epsilon: float, sweeps: int) -> Float[Tensor, " e"]:
    """Return the entropic Monge gap of the map that takes each x_i to y_i, by network."""
    return cost(x, y).mean(1) - entropic_cost(pairwise(cost, x, y), epsilon, sweeps)


def exact_cost(cost: Cost, x: Points, y: Points) -> Float[np.ndarray, " e"]:
    """Return the exact transport cost between samples of equal masses, by network, by POT's simplex method."""
    matrices = pairwise(cost, x, y).detach().cpu().double().numpy()
    return np.array([ot.emd2([], [], matrix) for matrix in matrices])


def exact_monge_gap(cost: Cost, x: Points, y: Points) -> Float[np.ndarray, " e"]:
    """Return the gap with exact transport."""
    return cost(x, y).mean(1).detach().cpu().double().numpy() - exact_cost(cost, x, y)


def gaussian_gap(matrix: Float[Tensor, "d d"]) -> float:
    """Return the gap of x -> matrix·x on N(0, I) under the squared distance."""
    return float(2 * (torch.linalg.matrix_norm(matrix, "nuc") - matrix.trace()))


def sinkhorn_divergence(
    x: Points, y: Points, epsilon: float, sweeps: int, constant: bool = True
) -> Float[Tensor, " e"]:
    """Return W(x, y) - W(x, x)/2 - W(y, y)/2 under the squared distance, all entropic.

    The last term does not depend on x: a loss that is used for its gradient alone may do without it (`constant`).
    """
    couples = [(x, y), (x, x), (y, y)][: 3 if constant else 2]
    pairs = torch.cat([pairwise(squared_distance, a, b) for a, b in couples])
    # one ε for all, that of the cross term: else the bias would not cancel
    mean = pairs.detach().mean((1, 2))
    scale = mean[: len(x)].repeat(len(couples)) / mean
    plans = entropic_plan(pairs.detach(), epsilon * scale, sweeps)
    cross, *own = (plans * pairs).sum((1, 2)).chunk(len(couples))
    return cross - sum(own) / 2
