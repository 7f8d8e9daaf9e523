"""Extremal eigenvalues of batches' Hessians, and the largest stable steps (Granziol, Zohren and Roberts)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data.digits import mnist
from redrawn.methods.batch_size import effective_batch, element_variance, spiked_eigenvalue
from redrawn.methods.classifiers import init_perceptron, perceptron
from redrawn.methods.curvature import hessian_vector_product, lanczos, rademacher, ritz
from redrawn.studies.ensemble import cross_entropy, flatten, generator, unflatten


@dataclass(frozen=True)
class Settings:
    """Sizes; step sizes stand on logarithmic grids, which `runs` networks are trained at."""

    pictures: int
    networks: int
    draws: int
    rates: int
    runs: int
    side: int = 7
    width: int = 12
    trained: int = 100
    trained_rate: float = 0.01
    batches: tuple[int, ...] = (16, 32, 64, 128, 256)
    products: int = 20
    steps: int = 60
    small_batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    sgd: tuple[float, float] = (0.01, 100.0)
    adam: tuple[float, float] = (0.0003, 3.0)


SETTINGS = {
    "quick": Settings(1000, 6, 6, 20, 16),
    "standard": Settings(2000, 6, 12, 40, 16),
    # all pictures there are; those and the networks of the paper are larger
    "paper": Settings(
        5000, 10, 10, 60, 16, side=28, width=64, trained=1000, products=40, steps=500,
        batches=(16, 32, 64, 128, 256, 512, 1024), small_batches=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    ),
}  # fmt: skip


def _data(settings: Settings, source: torch.Generator, device: str):
    images, digits = mnist(settings.side)
    chosen = torch.randperm(len(digits), generator=source)[: settings.pictures]
    x = torch.from_numpy(images).flatten(1)[chosen]
    return x.to(device), torch.from_numpy(digits)[chosen].to(device)


def _networks(settings: Settings, count: int, source: torch.Generator, device: str):
    widths = [settings.side**2, settings.width, 10]
    flat, shapes = flatten(init_perceptron(widths, count, source, device))
    return flat.double(), shapes


def _losses(flat, shapes, x, y):
    return cross_entropy(perceptron(unflatten(flat, shapes), x), y)


def eigenvalues(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Compare networks' batch Hessians with that of all pictures.

    Returns:
        (batch, effective, seed, full, largest, excess, smallest_ratio, bulk, predicted, along), a row a batch size and network:
        means over draws. `excess` is λ₁′ - v₁ᵀ H_B v₁, whose mean is that of λ₁′ - λ₁ with far less noise, v₁ being the
        top eigenvector of all pictures. `bulk` is Pσ²/𝔟, `predicted` the theorem's excess; `along` is ‖(H_B - H) v₁‖²/λ₁
        without the part along v₁, what the theorem's Pσ²/(𝔟 λ₁) becomes if the noise is not the same in all directions.
    """
    source = generator(seed)
    x, y = _data(settings, source, device)
    flat, shapes = _networks(settings, settings.networks, source, device)
    flat = _trained(settings, flat, shapes, x, y)
    e, draws, count = settings.networks, settings.draws, len(x)
    many_x, many_y = x.expand(e, -1, -1), y.expand(e, -1)

    def full(vector):
        return hessian_vector_product(
            lambda p: _losses(p, shapes, many_x, many_y).sum(), flat, vector
        )

    signs = rademacher(e, flat.shape[1], source, device)
    values, _, _, vectors = ritz(lanczos(full, signs, 2 * settings.products))
    top, low, direction = values[:, -1], values[:, 0], vectors[:, -1].repeat_interleave(draws, 0)
    rows = []
    for batch in settings.batches:
        places = torch.stack(
            [torch.randperm(count, generator=source)[:batch] for _ in range(e * draws)]
        )
        places = places.to(device)
        copies = flat.repeat_interleave(draws, 0)

        def part(vector, copies=copies, places=places):
            return hessian_vector_product(
                lambda p: _losses(p, shapes, x[places], y[places]).sum(), copies, vector
            )

        probes = rademacher(e * draws, flat.shape[1], source, device)
        kept, *_ = ritz(lanczos(part, probes, settings.products))
        excess = kept[:, -1] - (part(direction) * direction).sum(1)
        effective = effective_batch(batch, count)
        across = part(direction) - top.repeat_interleave(draws)[:, None] * direction
        apart = part(probes) - _each(full, probes, e)
        bulk = element_variance(apart, effective).unflatten(0, (e, draws)).mean(1) / effective
        row = across.square().sum(1) - (across * direction).sum(1).square()
        means = [c.unflatten(0, (e, draws)).mean(1) for c in (kept[:, -1], excess, kept[:, 0], row)]
        columns = {"largest": means[0], "excess": means[1], "smallest_ratio": means[2] / low,
                   "full": top, "bulk": bulk, "predicted": spiked_eigenvalue(top, bulk) - top,
                   "along": means[3] / top}  # fmt: skip
        columns = {name: column.cpu().numpy() for name, column in columns.items()}
        rows.append(pd.DataFrame(columns).assign(batch=batch, effective=effective, seed=range(e)))
    return pd.concat(rows, ignore_index=True)


def _each(operator, vectors, networks):
    """Apply an operator on one row a network to the draws of each, (e·m, n), one draw of all at a time."""
    rows = vectors.unflatten(0, (networks, -1)).unbind(1)
    return torch.stack([operator(row) for row in rows], 1).flatten(0, 1)


def _trained(settings, flat, shapes, x, y):
    flat = flat.clone().requires_grad_()
    optimizer = torch.optim.Adam([flat], settings.trained_rate)
    e = len(flat)
    for _ in range(settings.trained):
        optimizer.zero_grad()
        _losses(flat, shapes, x.expand(e, -1, -1), y.expand(e, -1)).sum().backward()
        optimizer.step()
    return flat.detach()


def stable(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Find the largest stable step of both methods; return (method, batch, seed, rate).

    A step size is stable if after the steps the loss of all pictures is finite and below that at the start; the largest is
    the last before the first of the grid that is not.
    """
    source = generator(seed)
    x, y = _data(settings, source, device)
    e, r = settings.runs, settings.rates
    flat, shapes = _networks(settings, e, source, device)
    start = flat.repeat_interleave(r, 0)
    many = x.expand(len(start), -1, -1), y.expand(len(start), -1)
    before = _losses(start, shapes, *many)
    rows = []
    for method, (low, high) in (("SGD", settings.sgd), ("Adam", settings.adam)):
        grid = torch.logspace(np.log10(low), np.log10(high), r, dtype=start.dtype, device=device)
        rates = grid.repeat(e)[:, None]
        for batch in settings.small_batches:
            draws = torch.randint(len(x), (settings.steps, e, batch), generator=source).to(device)
            moved = _run(method, start, shapes, rates, x, y, draws.repeat_interleave(r, 1))
            kept = (_losses(moved, shapes, *many) < before).unflatten(0, (e, r))
            count = kept.int().cumprod(1).sum(1).clamp_min(1)
            rows += [(method, batch, i, float(grid[n - 1])) for i, n in enumerate(count.tolist())]
    return pd.DataFrame(rows, columns=["method", "batch", "seed", "rate"])


def _run(method, start, shapes, rates, x, y, draws):
    """Return the networks after a step with each batch, every network at a step size of its own."""
    # a learning rate of one in units of the rate is that rate; the optimizer has but one for all networks
    units = rates if method == "Adam" else rates.sqrt()
    own = (start / units).requires_grad_()
    optimizer = (
        torch.optim.Adam([own], 1.0, eps=1e-30) if method == "Adam" else torch.optim.SGD([own], 1.0)
    )
    for places in draws:
        optimizer.zero_grad()
        _losses(own * units, shapes, x[places], y[places]).sum().backward()
        optimizer.step()
    return (own * units).detach()
