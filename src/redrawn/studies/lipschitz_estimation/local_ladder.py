"""Every method on a network, about every centre and radius: the ladder of local Lipschitz constants (Shi et al., NeurIPS 2022)."""

from time import process_time

import numpy as np
import pandas as pd
import torch

from redrawn.methods.lipschitz.exact_jacobian import exact_constant
from redrawn.methods.lipschitz.infinity_product import infinity_product
from redrawn.methods.lipschitz.jacobian_branch import branch_and_bound
from redrawn.methods.lipschitz.jacobian_interval import interval_constant, jacobian
from redrawn.methods.lipschitz.jacobian_linear import linear_constant
from redrawn.methods.lipschitz.preactivation_bounds import interval_bounds, linear_bounds
from redrawn.methods.lipschitz.recurjac import recurjac_constant

LADDER = ("sampled", "exact", "ours + BaB", "ours", "RecurJac", "IBP", "global")
"""From below: each is at most the next."""


def constants(
    layers, centres, radii, source, samples: int, rounds: int, exact: bool
) -> pd.DataFrame:
    """Measure every method about each centre and radius, boxes being cut off at 0 and 1.

    Args:
        layers: the network.
        centres: points (n, d).
        radii: of the boxes.
        source: of sampled points.
        samples: how many a box, its centre the first.
        rounds: of branch and bound.
        exact: measure the exact constant too.

    Returns:
        A frame (method, radius, input, constant, seconds), the seconds a mean over boxes.
    """
    radius = torch.tensor(radii, dtype=centres.dtype, device=centres.device)[:, None, None]
    ends = (centres - radius).clamp(min=0), (centres + radius).clamp(max=1)
    lower, upper = (end.flatten(0, 1) for end in ends)

    def sampled():
        share = torch.rand((samples, *lower.shape), generator=source).to(lower)
        share[0] = (centres.repeat(len(radii), 1) - lower) / (upper - lower)
        parts = (jacobian(layers, lower + part * (upper - lower)) for part in share.split(32))
        return torch.stack([part.abs().sum(-1).amax((0, -1)) for part in parts]).amax(0)

    methods = {
        "sampled": sampled,
        "exact": lambda: [exact_constant(layers, *box) for box in zip(lower, upper, strict=True)],
        "ours + BaB": lambda: branch_and_bound(layers, lower, upper, rounds)[:, -1],
        "ours": lambda: linear_constant(layers, linear_bounds(layers, lower, upper)),
        "RecurJac": lambda: recurjac_constant(layers, linear_bounds(layers, lower, upper)),
        "IBP": lambda: interval_constant(layers, interval_bounds(layers, lower, upper)),
        "global": lambda: [infinity_product(layers)] * len(lower),
    }
    labels = {
        "radius": np.repeat(radii, len(centres)),
        "input": np.tile(range(len(centres)), len(radii)),
    }
    frames = []
    for name in LADDER:
        if name != "exact" or exact:
            start = process_time()
            found = methods[name]()
            found = found if isinstance(found, list) else found.tolist()
            seconds = (process_time() - start) / len(found)
            columns = {"method": name, **labels, "constant": found, "seconds": seconds}
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames)


def of_all(nets, centres, *rest) -> pd.DataFrame:
    """Measure every method for each seed's network about its own centres (s, n, d); the rest is that of `constants`."""
    each = enumerate(zip(nets, centres, strict=True))
    frames = [constants(net, points, *rest).assign(seed=i) for i, (net, points) in each]
    return pd.concat(frames, ignore_index=True)
