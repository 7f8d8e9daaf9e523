"""Stochastic Lanczos quadrature: a spectrum from products alone (Golub and Meurant; Ghorbani et al., ICML 2019).

For a start q, qᵀ f(A) q is an integral of f over a measure on A's spectrum, and k Lanczos steps give its Gauss
quadrature: nodes are the Ritz values, weights the start's shares in them, exact for polynomials of degree 2k - 1. For
random starts with E q qᵀ = I / n the mean over starts is tr f(A) / n.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.curvature.lanczos import lanczos, ritz


def lanczos_quadrature(
    matvec: Callable[[Float[Tensor, "p n"]], Float[Tensor, "p n"]],
    probes: Float[Tensor, "p n"],
    steps: int,
) -> tuple[Float[Tensor, "p k"], Float[Tensor, "p k"]]:
    """Return nodes and weights, one row a probe; each row of weights adds up to one.

    tr f(A) is about n times the mean over probes of Σ weights · f(nodes).

    Args:
        matvec: multiplies rows by a symmetric matrix.
        probes: random starts, isotropic, such as `rademacher` draws.
        steps: k.

    Raises:
        ValueError: see `lanczos`.
    """
    found = ritz(lanczos(matvec, probes, steps))
    return found.values, found.weights


def spectral_density(
    nodes: Float[Tensor, "p k"],
    weights: Float[Tensor, "p k"],
    grid: Float[Tensor, " g"],
    width: float,
) -> Float[Tensor, " g"]:
    """Return the density of eigenvalues on a grid: every node a Gaussian, averaged over probes; its integral is one.

    Args:
        nodes: from `lanczos_quadrature`.
        weights: likewise.
        grid: eigenvalues at which the density is wanted.
        width: standard deviation of the Gaussians, in the units of eigenvalues.

    Raises:
        ValueError: the width is not positive.
    """
    if width <= 0:
        raise ValueError(f"width must be positive, got {width}")
    apart = (grid[:, None, None] - nodes) / width
    bell = torch.exp(-apart.square() / 2) / (width * math.sqrt(2 * math.pi))
    return (bell * weights).sum(-1).mean(-1)
