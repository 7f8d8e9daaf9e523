"""Coordinate-wise clipping by rank (Pan and Li, 2023, Sec. 4).

τ is the gradient's ⌊qN⌋-th largest absolute coordinate, counted from zero over all parameters; whatever is larger
becomes ±τ. The share q of coordinates is clipped, whatever their scale.
"""

from jaxtyping import Float
from torch import Tensor


def clip_coordinates(gradient: Float[Tensor, "e n"], share: float) -> Float[Tensor, "e n"]:
    """Clip the largest coordinates of each network's gradient, all of its parameters in one row.

    Args:
        gradient: one row a network.
        share: q, from 0 (nothing is clipped) to below 1.

    Raises:
        ValueError: q is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be in [0, 1), got {share}")
    rank = int(share * gradient.shape[1])
    threshold = gradient.abs().topk(rank + 1, dim=1).values[:, -1:]
    return gradient.clamp(-threshold, threshold)
