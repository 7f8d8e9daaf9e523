"""The term that keeps errors from vanishing on their way back in time (Pascanu et al., Eq. 9 and 10).

Ω = Σ_t (‖∂E/∂x_{t+1} ∂x_{t+1}/∂x_t‖ / ‖∂E/∂x_{t+1}‖ - 1)², of which only the immediate derivative with respect to the
recurrent weights is taken: states and errors count as constants.
"""

from jaxtyping import Float
from torch import Tensor

from redrawn.methods.recurrent.recurrent_net import Errors

SMALLEST = 1e-20
"""Squared norm below which an error is left out, as in the authors' code."""


def jacobian_term(errors: Errors) -> tuple[Float[Tensor, " e"], Float[Tensor, "e n n"]]:
    """Return Ω, a mean over sequences, and its immediate gradient.

    The error comes from the end of the sequence alone, so that ∂E/∂x_t = ∂E/∂x_{t+1} ∂x_{t+1}/∂x_t is at hand.
    """
    # norms are of each sequence's own error: the mean over the batch scales it by one over the batch
    batch = errors.along.shape[2]
    later, earlier, slope = errors.along[1:] * batch, errors.along[:-1] * batch, errors.slope[:-1]
    below, above = (part.square().sum(-1, keepdim=True) for part in (later, earlier))
    kept = (below >= SMALLEST) & (above >= SMALLEST)
    below, above = (part.clamp_min(SMALLEST).sqrt() for part in (below, above))
    off = (above / below - 1) * kept
    term = off.square().sum((0, 3)).mean(1)
    pull = 2 * off / (above * below * batch) * earlier * slope
    rows = (part.movedim(1, 0).flatten(1, 2) for part in (pull, later))
    a, b = rows
    return term, a.mT @ b
