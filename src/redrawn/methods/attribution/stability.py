"""MeGe and ReCo (Fel et al., WACV 2022): do explanations survive retraining, and do they tell agreement from contradiction?

Models are trained on k folds, each without its own. For two models and a sample that exactly one has seen, the distance of their
explanations is d = √(1 - |Spearman's ρ|). It belongs to S⁼ where both are right, to S≠ where exactly one is.

    MeGe = 1 / (1 + mean S⁼),   ReCo = max_γ TPR(γ) + TNR(γ) - 1,  d < γ taken for "both right".
"""

import itertools

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def ranks(maps: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
    """Return each map's ranks, centred and of unit norm, so that a product is Spearman's ρ; equal values stand in any order."""
    order = maps.argsort(-1)
    places = torch.arange(maps.shape[-1], dtype=maps.dtype, device=maps.device)
    found = torch.empty_like(maps).scatter_(-1, order, places.expand_as(maps))
    found = found - found.mean(-1, keepdim=True)
    return found / found.norm(dim=-1, keepdim=True)


def fold_distances(
    maps: Float[Tensor, "k n d"], right: Bool[Tensor, "k n"], fold: Int[Tensor, " n"]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances S⁼ and S≠ of k models' explanations of n samples.

    Args:
        maps: each model's explanation of each sample, for the sample's own class.
        right: whether the model is right about it.
        fold: the fold of each sample: model i has not seen those of fold i.
    """
    scaled = ranks(maps)
    same, different = [], []
    for i, j in itertools.combinations(range(len(maps)), 2):
        seen_by_one = (fold == i) | (fold == j)
        rho = (scaled[i] * scaled[j]).sum(-1).abs().clamp(max=1)
        d = (1 - rho).sqrt()
        same.append(d[seen_by_one & right[i] & right[j]])
        different.append(d[seen_by_one & (right[i] ^ right[j])])
    return torch.cat(same).cpu().numpy(), torch.cat(different).cpu().numpy()


def mege(same: np.ndarray) -> float:
    """Return the mean generalisability, 1 for explanations that never change."""
    return 1 / (1 + float(same.mean()))


def reco(same: np.ndarray, different: np.ndarray) -> float:
    """Return the relative consistency: 1 where some distance tells S⁼ from S≠, 0 where none does."""
    thresholds = np.unique(np.concatenate([same, different]))
    below = np.searchsorted(np.sort(same), thresholds, side="right") / same.size
    above = 1 - np.searchsorted(np.sort(different), thresholds, side="right") / different.size
    return max(0.0, float((below + above).max()) - 1)
