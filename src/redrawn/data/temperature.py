"""A real seasonal temperature series."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from redrawn.data import registry


def sea_surface() -> tuple[Float[np.ndarray, " months"], Float[np.ndarray, " months"]]:
    """Return the years (as fractions) and the monthly sea-surface temperature (°C) off Peru, 1950-2010."""
    table = pd.read_csv(registry.path_of("elnino"))
    values = table.iloc[:, 1:].to_numpy(dtype=float).ravel()
    years = float(table.iloc[0, 0]) + np.arange(values.size) / 12
    return years, values
