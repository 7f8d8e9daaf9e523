"""One-layer ICGNs against one-layer input convex networks, and the condition on deeper ones."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods.transport import convex_gradient as cg
from redrawn.studies.ensemble import generator, train


@dataclass(frozen=True)
class Settings:
    """Sizes."""

    steps: int
    batch: int
    widths: tuple[int, ...] = (5, 10, 32)
    seeds: int = 12
    draws: int = 16
    learning_rate: float = 1e-2


SETTINGS = {
    "quick": Settings(1500, 64, (5, 32)),
    "standard": Settings(8000, 64),
    "paper": Settings(15_000, 32, learning_rate=1e-3),
}


def toy_field(x: torch.Tensor) -> torch.Tensor:
    """Return the gradient (..., 2) of x₁⁴ + x₂/2 + x₁x₂/2 + 3x₂²/2 - x₂³/3."""
    a, b = x.unbind(-1)
    return torch.stack([4 * a**3 + b / 2, 3 * b - b**2 + a / 2 + 0.5], -1)


def structure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Return by seed: asymmetry and smallest eigenvalue with one random layer, and the asymmetry with two."""
    source = generator(seed)
    found = []
    for _ in range(settings.draws):
        draw = [torch.randn(s, generator=source, dtype=torch.float64) for s in ((8, 2), (8,), (8, 8), (8,))]  # fmt: skip

        def one(z, draw=draw):
            return (z @ draw[0].T + draw[1]).sigmoid()

        def two(z, draw=draw, one=one):
            return (one(z) @ draw[2].T + draw[3]).sigmoid()

        x = torch.rand((16, 2), generator=source, dtype=torch.float64)
        single = cg.jacobian_defects(lambda p, n=one: cg.integrated_gram(n, p, 16), x)
        double = cg.jacobian_defects(lambda p, n=two: cg.integrated_gram(n, p, 16), x)
        found.append((*single, double[0]))
    return dict(zip(("asymmetry", "eigenvalue", "two_layers"), np.array(found).T, strict=True))


def fit(settings: Settings, seed: int, device: str):
    """Fit the toy field by both networks at each width, squared loss.

    Returns (net, width, seed, parameters, error: mean squared error on a grid) and {(net, width): error map (side, side)}.
    """
    source = generator(seed)
    e = settings.seeds
    line = torch.linspace(0, 1, 41)
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).reshape(1, -1, 2).to(device)
    rows, maps = [], {}
    for width in settings.widths:
        for net in ("ICGN", "ICNN"):
            parameters = [
                2 * torch.randn((e, width, 2), generator=source).to(device),
                torch.randn((e, 1, width), generator=source).to(device),
                torch.zeros((e, 1, 2), device=device),
            ]
            if net == "ICNN":
                # Σ a_k starts at 3 whatever the width: else wide ones start far off
                start = math.log(math.expm1(3 / width))
                parameters.append(torch.full((e, 1, width), start, device=device))

            def field(x, net=net, parameters=parameters):
                if net == "ICGN":
                    return cg.icgn(tuple(parameters), x)
                return cg.icnn_gradient(tuple(parameters[:3]), parameters[3], x)

            def loss(field=field):
                x = torch.rand((e, settings.batch, 2), generator=source).to(device)
                return (field(x) - toy_field(x)).square().mean((1, 2))

            train(parameters, loss, settings.steps, settings.learning_rate)
            with torch.no_grad():
                error = (field(grid.expand(e, -1, -1)) - toy_field(grid)).square().mean(2)
            error = error.cpu().numpy()
            count = sum(p[0].numel() for p in parameters)
            rows += [(net, width, i, count, m) for i, m in enumerate(error.mean(1))]
            maps[net, width] = error[0].reshape(41, 41)
    return pd.DataFrame(rows, columns=["net", "width", "seed", "parameters", "error"]), maps
