"""Attribution priors: the authors' convergence demonstration (Erion et al.), the paper's own in every profile."""

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from redrawn.methods import attribution
from redrawn.studies.ensemble import Adam, generator

PRIORS = ("expected gradients", "log-gradients", "gradients")
EPOCHS, ROWS, BATCH = 200, 1000, 64


def dependence(weight: Tensor, bias: Tensor) -> Tensor:
    """Return each network's mean change of output when x₂ is switched, over that when x₁ is; shapes (…, 2), (…)."""
    grid = torch.arange(0, 1, 0.01, dtype=weight.dtype)

    def change(switched: Tensor, other: Tensor) -> Tensor:
        rest = other[..., None] * grid + bias[..., None]
        return (torch.sigmoid(rest + switched[..., None]) - torch.sigmoid(rest)).mean(-1)

    first, second = weight.unbind(-1)
    return change(second, first) / change(first, second)


def demonstration(seed: int, seeds: int = 3) -> pd.DataFrame:
    """Train σ(wᵀx + b) on y = x₁ = x₂ with a prior against x₂, by each prior and for each seed.

    Returns a frame (prior, seed, epoch, dependence).
    """
    source, k = generator(seed), len(PRIORS)
    chance = torch.rand(seeds, ROWS, generator=source)
    y = torch.bernoulli(chance, generator=source)
    weight = torch.full((seeds, 2, k), 10.0, requires_grad=True)
    bias = torch.full((seeds, 1, k), -6.0, requires_grad=True)
    adam = Adam([weight, bias])
    zero = torch.zeros(1, seeds, BATCH, 2)

    rows = []
    for epoch in range(EPOCHS):
        order = torch.rand(seeds, ROWS, generator=source).argsort(1)
        for start in range(0, ROWS - BATCH + 1, BATCH):
            label = y.gather(1, order[:, start : start + BATCH])
            x = label[..., None].expand(-1, -1, 2)
            outputs = torch.baddbmm(bias, x, weight)  # (seeds, batch, priors)
            loss = F.binary_cross_entropy_with_logits(
                outputs, label[..., None].expand_as(outputs), reduction="sum"
            )
            expected = attribution.expected_gradients(
                lambda z: torch.baddbmm(bias[..., :1], z, weight[..., :1]).sigmoid(), x, zero,
                torch.rand(1, seeds, BATCH, generator=source), differentiable=True,
            )[..., 1]  # fmt: skip
            share = torch.sigmoid(outputs)
            slope = (1 - share) * weight[:, 1:]  # of log σ; times σ that of σ itself
            prior = torch.stack([expected, slope[..., 1], (share * slope)[..., 2]]).abs()
            # networks share no parameter
            slopes = torch.autograd.grad((loss + prior.sum()) / BATCH, adam.parameters)
            adam.step(slopes, 1e-2)
        with torch.no_grad():
            found = dependence(weight.mT, bias[:, 0])  # (seeds, priors)
        rows += [
            (p, e, epoch, found[e, i].item()) for i, p in enumerate(PRIORS) for e in range(seeds)
        ]
    return pd.DataFrame(rows, columns=["prior", "seed", "epoch", "dependence"])


def at_end(frame: pd.DataFrame, prior: str) -> list[float]:
    """Return the last dependence, one value a seed."""
    last = frame[(frame.prior == prior) & (frame.epoch == frame.epoch.max())]
    return last.sort_values("seed").dependence.tolist()


def first_below(frame: pd.DataFrame, prior: str, level: float = 0.02) -> list[float]:
    """Return the first epoch with a dependence below the level, the last where there is none; one value a seed."""
    rows = frame[frame.prior == prior]
    reached = rows[rows.dependence < level].groupby("seed").epoch.min()
    return reached.reindex(sorted(rows.seed.unique()), fill_value=EPOCHS).astype(float).tolist()
