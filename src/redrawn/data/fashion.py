"""Pictures of clothing: 7,000 of Fashion-MNIST, harder than digits and as small."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from redrawn.data import registry
from redrawn.data.blocks import averaged


def fashion_mnist(
    part: Literal["train", "test"], side: int = 28
) -> tuple[Float[np.ndarray, "n s s"], Int[np.ndarray, " n"]]:
    """Return pictures with values in [0, 1] and their classes, in the original's order.

    Args:
        part: `train` has 600 pictures a class, `test` has 100.
        side: pixels along an edge; blocks of the 28 are averaged.

    Raises:
        ValueError: there is no such part, or `side` does not divide 28.
    """
    names = {"train": "train", "test": "t10k"}
    if part not in names:
        raise ValueError(f"part must be train or test, got {part!r}")
    with np.load(registry.path_of("fashion-7k")) as stored:
        images, labels = (stored[f"{names[part]}_{kind}"] for kind in ("images", "labels"))
    return averaged((images / 255).astype(np.float32), side), labels.astype(int)
