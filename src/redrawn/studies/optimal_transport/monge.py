"""Maps fitted with and without the Monge gap."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import make_moons, make_s_curve

from redrawn.methods import implicit
from redrawn.methods.transport import monge_gap as mg
from redrawn.studies.ensemble import generator, leaves, train


@dataclass(frozen=True)
class Settings:
    """Sizes; ε and the weights of the gap are those of the authors' tutorial. Misfit between Gaussians needs fewer networks than crossings."""

    batch: int
    steps: int
    width: int = 32
    seeds: int = 14
    gaussian_seeds: int = 14
    tests: int = 200
    sample: int = 700
    draws: int = 12
    epsilon: float = 0.1
    gap_epsilon: float = 0.01
    sweeps: int = 15
    learning_rate: float = 3e-3


SETTINGS = {
    "quick": Settings(32, 300, gaussian_seeds=4, draws=8),
    "standard": Settings(48, 700),
    "paper": Settings(256, 5000, sweeps=200, learning_rate=1e-3),
}

COSTS = {"squared": (mg.squared_distance, 0.1), "euclidean": (mg.distance, 2.0)}
"""Cost and weight of its gap, as in the tutorial."""

ANGLE = 1.0


def closed_forms(settings: Settings, seed: int):
    """Return by seed: sampled over exact gap of a rotation by `ANGLE`, and the gap of an optimal map over its cost."""
    source = generator(seed)
    x = torch.randn((settings.draws, settings.sample, 2), generator=source, dtype=torch.float64)
    cos, sin = np.cos(ANGLE), np.sin(ANGLE)
    turn = torch.tensor([[cos, -sin], [sin, cos]])
    stretch = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    rotated = mg.exact_monge_gap(mg.squared_distance, x, x @ turn.T) / mg.gaussian_gap(turn)
    y = x @ stretch.T
    optimal = mg.exact_monge_gap(mg.squared_distance, x, y)
    return rotated, np.abs(optimal) / mg.squared_distance(x, y).mean(1).numpy()


def gaussians(seed: int):
    """Return samplers of a pair of Gaussians, and the optimal map between them."""
    root = torch.tensor([[0.8, 0.45], [0.45, 1.4]])
    shift = torch.tensor([2.0, 1.0])

    def draw(source, e, n):
        x, z = (torch.randn((e, n, 2), generator=source) for _ in range(2))
        return x, z @ root + shift

    return draw, lambda x: x @ root.to(x) + shift.to(x)


def moons(seed: int):
    """Return samplers of the tutorial's half moon and S-curve."""
    pools = 20_000
    half, _ = make_moons((pools, 0), noise=0.05, random_state=seed)
    curve = make_s_curve(pools, noise=0.05, random_state=seed)[0][:, [2, 0]] * 0.6

    def turn(points, angle, centre):
        cos, sin = np.cos(angle), np.sin(angle)
        turned = points @ np.array([[cos, sin], [-sin, cos]])
        return torch.tensor(turned - turned.mean(0) + centre, dtype=torch.float32)

    half, curve = turn(half, np.pi / 6, (0, -0.5)), turn(curve, np.pi / 2, (1, -2))

    def draw(source, e, n):
        pick = torch.randint(pools, (2, e, n), generator=source)
        return half[pick[0]], curve[pick[1]]

    return draw


def fit(settings: Settings, draw, cost: str | None, seed: int, device: str):
    """Train maps by Sinkhorn's divergence, and the gap of `cost` unless it is None; return the map."""
    source, samples = generator(seed), generator(seed + 500)
    widths = [2, settings.width, 2 * settings.width, settings.width, 2]
    layers = implicit.init_mlp(widths, "softplus", settings.seeds, source, device)

    def push(x):
        return implicit.mlp(layers, x, implicit.ACTIVATIONS["softplus"])

    def loss():
        x, y = (t.to(device) for t in draw(samples, settings.seeds, settings.batch))
        z = push(x)
        total = mg.sinkhorn_divergence(z, y, settings.epsilon, settings.sweeps, constant=False)
        if cost is not None:
            function, weight = COSTS[cost]
            total = total + weight * mg.monge_gap(
                function, x, z, settings.gap_epsilon, settings.sweeps
            )
        return total

    train(leaves(layers), loss, settings.steps, settings.learning_rate, final_share=0.1)
    return push


def fit_gaussians(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Compare maps between Gaussians (map, seed, error: squared, to the optimal map; misfit: W₂² left over W₂² at first)."""
    settings = replace(settings, seeds=settings.gaussian_seeds)
    draw, best = gaussians(seed)
    x, y = (t.to(device) for t in draw(generator(seed + 900), settings.seeds, settings.tests))
    rows, before = [], mg.exact_cost(mg.squared_distance, x, y)
    for name, cost in (("without", None), ("with", "squared")):
        push = fit(settings, draw, cost, seed, device)
        with torch.no_grad():
            z = push(x)
        error = mg.squared_distance(z, best(x)).mean(1).cpu().numpy()
        misfit = mg.exact_cost(mg.squared_distance, z, y) / before
        rows += [(name, i, e, m) for i, (e, m) in enumerate(zip(error, misfit, strict=True))]
    return pd.DataFrame(rows, columns=["map", "seed", "error", "misfit"])


def crossings(x: np.ndarray, y: np.ndarray) -> int:
    """Count the pairs of segments x_i → y_i in the plane that cross."""

    def side(a, b, c):
        u, v = b - a, c - a
        return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]

    p, q, r, s = x[:, None], y[:, None], x[None], y[None]
    cross = (side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)
    return int(np.triu(cross, 1).sum())


def fit_moons(settings: Settings, seed: int, device: str):
    """Fit half moon to S-curve without a gap and with either gap.

    Returns (map, seed, crossings), and {map: (x, Tx)} of the first seed as arrays.
    """
    draw = moons(seed)
    x, y = draw(generator(seed + 900), settings.seeds, settings.tests)
    rows, pictures = [], {"target": (y[0].numpy(), y[0].numpy())}
    for name, cost in (("without", None), ("with", "euclidean"), ("squared", "squared")):
        # "squared" is for the picture alone, so one network will do
        seeds = 1 if name == "squared" else settings.seeds
        push = fit(replace(settings, seeds=seeds), draw, cost, seed, device)
        with torch.no_grad():
            z = push(x[:seeds].to(device)).cpu()
        rows += [(name, i, crossings(x[i].numpy(), z[i].numpy())) for i in range(seeds)]
        pictures[name] = (x[0].numpy(), z[0].numpy())
    return pd.DataFrame(rows, columns=["map", "seed", "crossings"]), pictures
