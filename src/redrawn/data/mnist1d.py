"""MNIST-1D: signals drawn from ten templates, as small as data come on which nonlinear networks differ from linear ones."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from redrawn.data import registry


def mnist1d(
    part: Literal["train", "test"],
) -> tuple[Float[np.ndarray, "n 40"], Int[np.ndarray, " n"]]:
    """Return signals, of mean 0 and variance 1 over all of them, and their classes 0 … 9, in the generator's order.

    Args:
        part: `train` has 4,000 signals, `test` has 1,000.

    Raises:
        ValueError: there is no such part.
    """
    if part not in ("train", "test"):
        raise ValueError(f"part must be train or test, got {part!r}")
    with np.load(registry.path_of("mnist1d")) as stored:
        return stored[f"{part}_signals"], stored[f"{part}_labels"].astype(int)
