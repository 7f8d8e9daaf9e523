"""The pairs of modular addition, divided into those to learn from and those held out, for each seed anew."""

import torch

from redrawn.methods import grokking


def split(settings, source: torch.Generator, device: str):
    """Return each seed's own training and test pairs, (e, n, 2) with sums (e, n); `settings` has p, share and seeds."""
    pairs, sums = grokking.all_pairs(settings.p)
    order = torch.rand((settings.seeds, len(pairs)), generator=source).argsort(1)
    pairs, sums = pairs[order].to(device), sums[order].to(device)
    cut = round(settings.share * settings.p**2)
    return pairs[:, :cut], sums[:, :cut], pairs[:, cut:], sums[:, cut:]
