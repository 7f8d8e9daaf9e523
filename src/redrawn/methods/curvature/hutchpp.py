"""Hutch++: the trace with an error that falls as 1/m instead of 1/√m (Meyer, Musco, Musco and Woodruff, SOSA 2021).

tr A = tr(Qᵀ A Q) + tr((I - QQᵀ) A (I - QQᵀ)) with Q a basis of A S for random S. The first term takes the large
eigenvalues exactly; Hutchinson's estimate is left with the small ones (their Algorithm 1).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.curvature.hutchinson import hutchinson


def hutchpp(
    matvec: Callable[[Float[Tensor, "p n"]], Float[Tensor, "p n"]],
    sketch: Float[Tensor, "s n"],
    probes: Float[Tensor, "p n"],
) -> Float[Tensor, ""]:
    """Return an unbiased estimate of the trace of a symmetric operator, from 2 s + p products.

    It is exact if the rank is at most s. The paper takes a third of the products for each of the three uses, s = p.

    Args:
        matvec: multiplies rows by the operator.
        sketch: random vectors, independent of the probes; fewer than dimensions.
        probes: random vectors with E z zᵀ = I.

    Raises:
        ValueError: a sketch of as many vectors as dimensions, or more.
    """
    count, size = sketch.shape
    if count >= size:
        raise ValueError(f"a sketch of {count} vectors for {size} dimensions")
    basis = torch.linalg.qr(matvec(sketch).mT).Q.mT
    outside = probes - (probes @ basis.mT) @ basis
    return (basis * matvec(basis)).sum() + hutchinson(matvec, outside).mean()
