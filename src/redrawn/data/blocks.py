"""Smaller pictures by averaging."""

import numpy as np
from jaxtyping import Float


def averaged(images: Float[np.ndarray, "n ..."], side: int) -> Float[np.ndarray, "n s s"]:
    """Return pictures of `side` pixels along an edge, each the mean of a block of the 28.

    Args:
        images: 28 pixels along an edge, square or flat.
        side: divides 28.

    Raises:
        ValueError: `side` does not divide 28.
    """
    if side < 1 or 28 % side:
        raise ValueError(f"side must divide 28, got {side}")
    block = 28 // side
    return images.reshape(-1, side, block, side, block).mean((2, 4))
