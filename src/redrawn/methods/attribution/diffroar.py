"""DiffROAR (Shah, Jain and Netrapalli, NeurIPS 2021, Sec. 3): do the largest input gradients mark what a class hangs on?

Networks are trained anew on pictures that keep only their pixels of largest, or of smallest gradient; DiffROAR is the first ones'
accuracy less the second ones'. Above zero, large gradients mark discriminative pixels.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor


def keep_ranked(
    x: Float[Tensor, "... d"],
    importance: Float[Tensor, "... d"],
    share: float,
    end: Literal["top", "bottom"],
    fill: Float[Tensor, "d"] | float = 0.0,
) -> Float[Tensor, "... d"]:
    """Keep the share of each sample's coordinates of largest or smallest importance, and fill the rest.

    Raises:
        ValueError: the share is not within 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be within 0 and 1, got {share}")
    count = round(share * x.shape[-1])
    order = importance.argsort(dim=-1, descending=end == "top", stable=True)
    kept = torch.zeros_like(x).scatter_(-1, order[..., :count], 1.0)
    return kept * x + (1 - kept) * fill
