"""Two counts of how many of a list of non-negative numbers matter."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def entropy_rank(values: Float[Tensor, "*b n"]) -> Float[Tensor, "*b"]:
    """Return exp of the entropy of the values' shares (Roy and Vetterli, 2007): k for k equal values."""
    share = values / values.sum(-1, keepdim=True)
    return torch.exp(torch.special.entr(share).sum(-1))


def numerical_rank(values: Float[Tensor, "*b n"], share: float = 0.05) -> Int[Tensor, "*b"]:
    """Return how many values exceed `share` of the largest."""
    return (values > share * values.amax(-1, keepdim=True)).sum(-1)
