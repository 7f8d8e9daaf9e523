"""Extremal eigenvalues of batches' Hessians (Granziol, Zohren and Roberts)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods.batch_size import effective_batch, element_variance, spiked_eigenvalue
from redrawn.methods.curvature import hessian_vector_product, lanczos, rademacher, ritz
from redrawn.studies.edge_of_stability.digit_networks import digits, losses, networks
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; networks are trained for so many steps before."""

    pictures: int
    draws: int
    networks: int = 6
    side: int = 7
    width: int = 12
    trained: int = 100
    trained_rate: float = 0.01
    batches: tuple[int, ...] = (16, 32, 64, 128, 256)
    products: int = 20


SETTINGS = {
    "quick": Settings(1000, 2, batches=(16, 64, 256)),
    "standard": Settings(2000, 12),
    # all pictures there are; those and the networks of the paper are larger
    "paper": Settings(
        5000,
        10,
        10,
        side=28,
        width=64,
        trained=1000,
        products=40,
        batches=(16, 32, 64, 128, 256, 512, 1024),
    ),
}


def eigenvalues(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Compare networks' batch Hessians with that of all pictures.

    Returns:
        (batch, effective, seed, full, largest, excess, smallest_ratio, bulk, predicted, along), a row a batch size and network:
        means over draws. `excess` is λ₁′ - v₁ᵀ H_B v₁, whose mean is that of λ₁′ - λ₁ with far less noise, v₁ being the
        top eigenvector of all pictures. `bulk` is Pσ²/𝔟, `predicted` the theorem's excess; `along` is ‖(H_B - H) v₁‖²/λ₁
        without the part along v₁, what the theorem's Pσ²/(𝔟 λ₁) becomes if the noise is not the same in all directions.
    """
    source = generator(seed)
    x, y = digits(settings.pictures, settings.side, source, device)
    flat, shapes = networks(settings.networks, settings.side, settings.width, source, device)
    flat = _trained(settings, flat, shapes, x, y)
    e, draws, count = settings.networks, settings.draws, len(x)
    many_x, many_y = x.expand(e, -1, -1), y.expand(e, -1)

    def full(vector):
        return hessian_vector_product(
            lambda p: losses(p, shapes, many_x, many_y).sum(), flat, vector
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
                lambda p: losses(p, shapes, x[places], y[places]).sum(), copies, vector
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
        losses(flat, shapes, x.expand(e, -1, -1), y.expand(e, -1)).sum().backward()
        optimizer.step()
    return flat.detach()
