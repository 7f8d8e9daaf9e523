"""Handwritten digits: 5,000 of MNIST, 500 a class."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from redrawn.data import registry


def mnist() -> tuple[Float[np.ndarray, "5000 28 28"], Int[np.ndarray, "5000"]]:
    """Return the images, with values in [0, 1], and their digits; sorted by digit, so split by a seed."""
    table = pd.read_csv(registry.path_of("mnist-5k"), header=None).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28) / 255, table[:, -1].astype(int)
