"""Input convex gradient networks: a convex function's gradient as an integral of a Gram matrix.

Richter-Powell, Lorraine, Amos, 2021, arXiv 2111.12187. With J the Jacobian of an inner network N,

    F(x) = ∫₀¹ J(sx)ᵀ J(sx) x ds,

whose integrand has a positive semi-definite matrix. F is a gradient only if JᵀJ is a Hessian, as it is for one layer
N = σ(Wx + b). There, with s_k = σ(w_k·x + b_k) and σ the logistic function, F = Σ_k w_k [s²/2 - s³/3], less the same at 0.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Weights = tuple[Float[Tensor, "e k d"], Float[Tensor, "e 1 k"], Float[Tensor, "e 1 d"]]


def integrated_gram(
    network: Callable[[Tensor], Tensor], x: Float[Tensor, "n d"], points: int = 16
) -> Float[Tensor, "n d"]:
    """Evaluate F for any inner network of rows, by Gauss-Legendre quadrature of that many points.

    Each point costs a Jacobian-vector product Jx, and a vector-Jacobian product Jᵀ(Jx).

    Raises:
        ValueError: fewer than one point.
    """
    if points < 1:
        raise ValueError(f"quadrature needs a point, not {points}")
    nodes, weights = np.polynomial.legendre.leggauss(points)
    nodes, weights = (torch.from_numpy(v).to(x) for v in ((nodes + 1) / 2, weights / 2))
    along = (nodes[:, None, None] * x).flatten(0, 1).requires_grad_()
    value = network(along)
    cotangent = torch.zeros_like(value, requires_grad=True)
    # the vector-Jacobian product is linear in its vector: its own derivative is the Jacobian-vector product
    (product,) = torch.autograd.grad(value, along, cotangent, create_graph=True)
    (forward,) = torch.autograd.grad(product, cotangent, x.repeat(points, 1), create_graph=True)
    (pull,) = torch.autograd.grad(value, along, forward, create_graph=True)
    return torch.tensordot(weights, pull.unflatten(0, (points, len(x))), 1)


def icgn(weights: Weights, x: Float[Tensor, "e n d"]) -> Float[Tensor, "e n d"]:
    """Evaluate one-layer ICGNs with logistic units and a constant, in closed form."""
    w, b, constant = weights

    def primitive(z):
        s = z.sigmoid()
        return s.square() * (1 / 2 - s / 3)

    return (primitive(x @ w.mT + b) - primitive(b)) @ w + constant


def icnn_gradient(
    weights: Weights, amplitude: Float[Tensor, "e 1 k"], x: Float[Tensor, "e n d"]
) -> Float[Tensor, "e n d"]:
    """Evaluate the gradient of one-layer input convex networks Σ_k a_k softplus(w_k·x + b_k) + constant·x.

    `amplitude` goes through a softplus, which keeps every a_k positive and the function convex.
    """
    w, b, constant = weights
    return ((x @ w.mT + b).sigmoid() * functional.softplus(amplitude)) @ w + constant


def jacobian_defects(field, x: Float[Tensor, "n d"]) -> tuple[float, float]:
    """Return the largest asymmetry of a field's Jacobian over points, and its symmetric part's smallest eigenvalue."""
    x = x.detach().requires_grad_()
    # points do not mix: the gradient of a component's sum over them is each one's own
    rows = [torch.autograd.grad(f.sum(), x, retain_graph=True)[0] for f in field(x).unbind(-1)]
    jacobians = torch.stack(rows, 1)
    asymmetry = (jacobians - jacobians.mT).abs().max()
    smallest = torch.linalg.eigvalsh((jacobians + jacobians.mT) / 2).min()
    return float(asymmetry), float(smallest)
