"""A photograph in colour."""

import numpy as np
from jaxtyping import Float
from skimage import io, transform

from redrawn.data import registry


def astronaut(side: int) -> Float[np.ndarray, "side side 3"]:
    """Return the photograph *astronaut*, averaged down to `side` pixels, red, green and blue within 0 and 1.

    Raises:
        ValueError: `side` is not within 2 … 512.
    """
    if not 2 <= side <= 512:
        raise ValueError(f"side must be within 2 and 512 pixels, got {side}")
    image = io.imread(registry.path_of("astronaut"))[..., :3] / 255
    return transform.resize(image, (side, side), anti_aliasing=True)
