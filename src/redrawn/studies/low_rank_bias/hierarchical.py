"""Hierarchical tensor factorisation: local components rise one after another."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator

STARTS = {"small start": 0.01, "large start": 0.3}
"""Standard deviation of the initial weights; the small one is the authors'."""

EPS = 1e-15
"""Of the optimiser. With the authors' 1e-6, far above the first gradients, descent rests at zero for 10,000 steps."""


@dataclass(frozen=True)
class Settings:
    """Sizes of a tensor of order 4; half of its entries are observed."""

    mode: int
    inner: int
    target_rank: int
    steps: int
    seeds: int = 8
    learning_rate: float = 1e-2
    every: int = 20


SETTINGS = {
    "quick": Settings(6, 16, 3, 2000, seeds=4),
    "standard": Settings(6, 16, 3, 40_000, every=100),
    "paper": Settings(8, 512, 5, 500_000),
}


def normal_factors(ensemble, mode, inner, top, source) -> low_rank.HierarchicalFactors:
    """Draw standard normal weights in double precision."""

    def draw(*shape):
        return torch.randn(ensemble, *shape, generator=source, dtype=torch.float64)

    leaves = [draw(mode, inner) for _ in range(4)]
    return low_rank.HierarchicalFactors(leaves, [draw(inner, top) for _ in range(2)], draw(top))


def law_error(seed: int, networks: int = 4) -> list[float]:
    """Return the largest relative error of the predicted rate of a component's norm, one value a network.

    The loss is half the squared distance to a random tensor. The true rate is the norms' derivative along the
    negative gradient, taken by automatic differentiation.
    """
    source = generator(seed)
    w = low_rank.balance(normal_factors(networks, 4, 5, 3, source))
    target = torch.randn(networks, *[4] * 4, generator=source, dtype=torch.float64)
    parameters = [p.requires_grad_() for p in w.all()]
    tensor = low_rank.hierarchical_tensor(w)
    flow = torch.autograd.grad((tensor - target).square().sum() / 2, parameters)
    norms = low_rank.component_norms(w)
    rates = []
    for a in range(norms.shape[1]):
        slopes = torch.autograd.grad(
            norms[:, a].sum(), parameters, retain_graph=True, allow_unused=True
        )
        pairs = [(s, g) for s, g in zip(slopes, flow, strict=True) if s is not None]
        rates.append(-sum((s * g).flatten(1).sum(1) for s, g in pairs))
    with torch.no_grad():
        predicted = low_rank.predicted_rates(w, tensor - target)
        error = (torch.stack(rates, 1) - predicted).abs().amax(1) / predicted.abs().amax(1)
    return error.tolist()


def complete(settings: Settings, seed: int) -> pd.DataFrame:
    """Complete random tensors of low hierarchical rank from a small and from a large start.

    Returns:
        Frame (start, seed, step, train, test, rank, norm 1 … norm 6): relative errors on observed and other
        entries, entropy rank of the local components over modes (1, 2), and their largest norms.
    """
    source, e, s = generator(seed), settings.seeds, settings
    target = low_rank.hierarchical_tensor(
        normal_factors(e, s.mode, s.target_rank, s.target_rank, source)
    )
    target = target / target.square().mean((1, 2, 3, 4), keepdim=True).sqrt()
    seen = torch.rand(target.shape, generator=source) < 0.5
    target, seen = target.repeat(2, 1, 1, 1, 1), seen.repeat(2, 1, 1, 1, 1)
    size = torch.tensor(list(STARTS.values()), dtype=torch.float64).repeat_interleave(e)
    w = normal_factors(2 * e, s.mode, s.inner, s.inner, source)
    parameters = w.all()
    for p in parameters:
        p *= size.reshape(-1, *[1] * (p.dim() - 1))
        p.requires_grad_()
    optimiser = low_rank.GroupRMSprop(parameters, s.learning_rate, eps=EPS)
    names = [name for name in STARTS for _ in range(e)]
    share = seen.flatten(1).double().mean(1)
    rows = []
    for step in range(s.steps + 1):
        square = (low_rank.hierarchical_tensor(w) - target).square()
        loss = (square * seen).flatten(1).mean(1) / share
        if step % s.every == 0:
            with torch.no_grad():
                test = (square * ~seen).flatten(1).mean(1) / (1 - share)
                norms = low_rank.component_norms(w)
                top = torch.sort(norms, descending=True)[0]
                columns = {"train": loss.detach().sqrt(), "test": test.sqrt()}
                columns |= {"rank": low_rank.entropy_rank(norms)}
                columns |= {f"norm {k + 1}": top[:, k] for k in range(6)}
                labels = {"start": names, "seed": [*range(e)] * 2, "step": step}
                rows.append(pd.DataFrame(labels | {k: v.numpy() for k, v in columns.items()}))
        optimiser.step(torch.autograd.grad(loss.sum(), parameters))
    return pd.concat(rows, ignore_index=True)


def half_times(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return the share of the run after which the three largest norms first pass half of their final value."""
    found = {"first": [], "second": [], "third": []}
    for _, part in frame[frame.start == "small start"].groupby("seed"):
        for k, times in enumerate(found.values(), 1):
            norm = part[f"norm {k}"].to_numpy()
            times.append(
                float(part.step.to_numpy()[np.argmax(norm > norm[-1] / 2)] / part.step.max())
            )
    return found


def in_order(times: dict[str, list[float]]) -> float:
    """Return the share of seeds in which the first norm passes before the second, and the second before the third."""
    first, second, third = map(np.array, times.values())
    return float(np.mean((first < second) & (second < third)))


def last(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last step."""
    return frame[frame.step == frame.step.max()]
