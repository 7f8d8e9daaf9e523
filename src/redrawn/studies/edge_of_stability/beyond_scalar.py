"""What gradient flow solutions beyond scalar networks have in common: where they begin, and what is measured."""

import numpy as np
import pandas as pd
from torch import Tensor

BEYOND = 1.2
"""Sharpness of the first solution, in units of 2/η."""


def step_size(sharpness: Tensor) -> Tensor:
    """Return the step size at which a solution of this sharpness lies beyond the edge, (e, 1)."""
    return 2 * BEYOND / sharpness[:, None]


def course(loss: Tensor, sharp: Tensor, threshold: Tensor, every: int) -> pd.DataFrame:
    """Return (seed, iteration, loss, flow_sharpness, threshold) from losses and sharpness by time and seed, (t, e)."""
    time, seed = np.indices(loss.shape)
    flat = {"loss": loss, "flow_sharpness": sharp, "threshold": threshold.expand_as(loss)}
    columns = {name: values.cpu().numpy().ravel() for name, values in flat.items()}
    return pd.DataFrame({"seed": seed.ravel(), "iteration": every * time.ravel(), **columns})


def share_of_rises(frame: pd.DataFrame, above: float) -> list[float]:
    """Return the share of changes of the flow solution's sharpness above a relative size, one value a seed."""
    sharp = frame.pivot(index="iteration", columns="seed", values="flow_sharpness")
    return (sharp.pct_change().iloc[1:] > above).mean().tolist()
