"""Handwritten digits: 5,000 of MNIST, 500 a class."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from redrawn.data import registry
from redrawn.data.blocks import averaged


def mnist(side: int = 28) -> tuple[Float[np.ndarray, "5000 s s"], Int[np.ndarray, " 5000"]]:
    """Return the images, with values in [0, 1], and their digits; sorted by digit, so split by a seed.

    Args:
        side: pixels along an edge; blocks of the 28 are averaged.

    Raises:
        ValueError: `side` does not divide 28.
    """
    table = _table(registry.path_of("mnist-5k"))
    return averaged(table[:, :-1] / 255, side), table[:, -1].astype(int)


@cache
def _table(path: Path) -> Int[np.ndarray, "5000 785"]:
    # a study asks several times, and reading the file takes longer than all the rest
    return pd.read_csv(path, header=None).to_numpy()
