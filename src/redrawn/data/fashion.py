"""Pictures of clothing: 7,000 of Fashion-MNIST, harder than digits and as small."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from redrawn.data import registry


def fashion_mnist(
    part: Literal["train", "test"],
) -> tuple[Float[np.ndarray, "n 28 28"], Int[np.ndarray, "n"]]:
    """Return pictures with values in [0, 1] and their classes, in the original's order.

    Args:
        part: `train` has 600 pictures a class, `test` has 100.

    Raises:
        ValueError: there is no such part.
    """
    names = {"train": "train", "test": "t10k"}
    if part not in names:
        raise ValueError(f"part must be train or test, got {part!r}")
    with np.load(registry.path_of("fashion-7k")) as stored:
        images, labels = (stored[f"{names[part]}_{kind}"] for kind in ("images", "labels"))
    return images / 255, labels.astype(int)
