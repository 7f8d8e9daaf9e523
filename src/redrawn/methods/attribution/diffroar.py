"""DiffROAR (Shah, Jain and Netrapalli, NeurIPS 2021, Sec. 3): do the largest input gradients mark what a class hangs on?

Networks are trained anew on pictures that keep only their pixels of largest, or of smallest gradient; DiffROAR is the first ones'
accuracy less the second ones'. Above zero, large gradients mark discriminative pixels.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def keep_ranked(
    x: Float[Tensor, "... d"],
    order: Int[Tensor, "... d"],
    share: float,
    fill: Float[Tensor, " d"] | float = 0.0,
) -> Float[Tensor, "... d"]:
    """Keep the share of each sample's coordinates that come first, by falling or by rising importance, and fill the rest.

    Raises:
        ValueError: the share is not within 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be within 0 and 1, got {share}")
    count = round(share * x.shape[-1])
    kept = torch.zeros_like(x).scatter_(-1, order[..., :count], 1.0)
    return kept * x + (1 - kept) * fill
