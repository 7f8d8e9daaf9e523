"""Diffusion and sorption by a soft penalty, one hard constraint, and a mixture of them (Chalapathi et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import physics
from redrawn.methods.physics import diffusion_sorption, hard_constraint
from redrawn.studies.ensemble import generator, train

METHODS = {"soft": 0, "one solve": 1, "experts": 4}
"""Number of solves in the domain."""
AT_ONCE = 8
"""Test problems whose activations are held at once."""
X, T = np.linspace(0, 1, 128), np.linspace(0, 1, 51)


@dataclass(frozen=True)
class Settings:
    """Sizes; basis size at `paper`, number of experts, ridge, tolerance and range of u_0 are the paper's."""

    steps: int
    points: int
    widths: tuple[int, ...]
    tests: int
    networks: int
    basis: int = 16
    batch: int = 2
    edge_points: int = 32
    learning_rate: float = 1e-3


SETTINGS = {
    "quick": Settings(25, 256, (32, 32), 3, 3),
    "standard": Settings(300, 512, (48, 48), 16, 6),
    "paper": Settings(4000, 20_000, (64,) * 5, 1000, 3, batch=6),
}


def points(settings: Settings, starts: torch.Tensor, experts: int, source: torch.Generator):
    """Draw the points of each problem: inside (problems, experts · m, 2) by strips of x, and on three edges."""
    b, m, device = len(starts), settings.points // experts, starts.device
    inside = torch.rand(b, experts, m, 2, generator=source, dtype=torch.float64)
    inside[..., 0] = (inside[..., 0] + torch.arange(experts)[:, None]) / experts
    inside[..., 1] = inside[..., 1] ** 2  # more of the early times, when u changes fast
    edges = torch.rand(3, b, settings.edge_points, 2, generator=source, dtype=torch.float64)
    edges[0, ..., 1], edges[1, ..., 0], edges[2, ..., 0] = 0, 0, 1
    edges[1:, ..., 1] **= 2
    return inside.view(b, -1, 2).to(device), edges.to(device)


def jets(network, at: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """Return the network's outputs with derivatives in x and t, (problems, points, jets, outputs)."""
    b, n, _ = at.shape
    place = physics.coordinates(at.reshape(-1, 2), [0.0, 0.0], [1.0, 1.0])
    value = torch.zeros_like(place[:1])
    value[0, 0] = (10 * starts - 1).repeat_interleave(n)
    found = physics.tanh_jet(network, torch.cat([place, value]))
    return found.permute(2, 1, 0).view(b, n, 4, -1)


def rows(network, settings: Settings, starts: torch.Tensor, experts: int, source) -> physics.Rows:
    """Return the basis at each solve's points; every solve has the initial and the boundary conditions."""
    inside, edges = points(settings, starts, experts, source)
    count = settings.edge_points
    at = torch.cat([inside, *edges], 1)
    found = jets(network, at, starts)
    part, first, left, right = found.split([inside.shape[1], count, count, count], 1)
    part = part.reshape(len(starts) * experts, -1, 4, part.shape[-1])
    edge = [
        e.repeat_interleave(experts, 0)
        for e in (first[:, :, 0], left[:, :, 0], right[:, :, 0], right[:, :, 1])
    ]
    return physics.Rows(
        part[:, :, 0], part[:, :, 2], part[:, :, 3], *edge, starts.repeat_interleave(experts)
    )


def fit(settings: Settings, method: str, source: torch.Generator, device: str):
    """Train one network of a method without any solution; return it."""
    experts = METHODS[method]
    outputs = settings.basis if experts else 1
    network = physics.glorot([3, *settings.widths, outputs], source, device)

    def loss():
        starts = 0.2 * torch.rand(settings.batch, generator=source, dtype=torch.float64).to(device)
        many = rows(network, settings, starts, max(experts, 1), source)
        # without a solve the network itself is the solution: ω = 1
        omega = physics.constrained(many)[0] if experts else torch.ones_like(starts)[:, None]
        squares = physics.system(many, omega)[0][:, :-outputs].square()  # without the ridge
        return squares.sum(1).mean()[None]

    train(network, loss, settings.steps, settings.learning_rate, final_share=0.1)
    return network


def predict(network, settings: Settings, experts: int, starts: torch.Tensor, source):
    """Return u, the equation's residual (problems, 51, 128), and the solves' iterations (problems, experts)."""
    t, x = (torch.as_tensor(a, device=starts.device) for a in np.meshgrid(T, X, indexing="ij"))
    at = torch.stack([x.flatten(), t.flatten()], 1).expand(len(starts), -1, -1)
    found = jets(network, at, starts)
    if experts:
        many = rows(network, settings, starts, experts, source)
        omega, count = physics.constrained(many)
        strip = (x.flatten() * experts).long().clamp(max=experts - 1)
        weights = omega.view(len(starts), experts, -1)[:, strip]
    else:
        count, weights = starts.new_zeros(len(starts)), torch.ones_like(found[:, :, 0])
    u, rate, curve = ((found[:, :, i] * weights).sum(-1) for i in (0, 2, 3))
    q, _ = diffusion_sorption.retardation(u)
    scale = diffusion_sorption.HORIZON * diffusion_sorption.DIFFUSION
    residual = rate - scale * q * curve
    shape = (len(starts), len(T), len(X))
    return u.view(shape), residual.view(shape), count.view(len(starts), -1)


def compare(settings: Settings, seed: int, device: str):
    """Train every method's networks and test each on problems of its own, the same for all methods.

    Returns:
        Scores (method, seed, problem, error, residual, jump, work), where `seed` counts the networks: relative L2 error in
        per cent, root mean square residual for t > 0, largest jump between strips, iterations times points of the slowest
        solve; and the first problem's solutions (method, x, t, exact, u).
    """
    source = generator(seed)
    scores, shown = [], []
    for i in range(settings.networks):
        starts = 0.2 * torch.rand(settings.tests, generator=source, dtype=torch.float64)
        truth = np.stack([diffusion_sorption.reference(s, X, T) for s in starts.tolist()])
        for method in METHODS:
            network = fit(settings, method, source, device)
            u, rows = test(network, settings, method, starts.to(device), truth, source)
            scores += [(method, i, k, *row) for k, row in enumerate(rows)]
            if i == 0:
                time, place = np.meshgrid(T, X, indexing="ij")
                columns = {"x": place, "t": time, "exact": truth[0], "u": u[0]}
                columns = {name: values.ravel() for name, values in columns.items()}
                shown.append(pd.DataFrame({"method": method, **columns}))
    columns = ["method", "seed", "problem", "error", "residual", "jump", "work"]
    return pd.DataFrame(scores, columns=columns), pd.concat(shown)


@torch.no_grad()
def test(network, settings: Settings, method: str, starts, truth: np.ndarray, source):
    """Return a network's solutions (problems, 51, 128), and its error, residual, jump and work for each problem."""
    experts = METHODS[method]
    parts = [predict(network, settings, experts, s, source) for s in starts.split(AT_ONCE)]
    u, residual, count = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
    error = 100 * np.linalg.norm(u - truth, axis=(1, 2)) / np.linalg.norm(truth, axis=(1, 2))
    rms = np.sqrt((residual[:, 1:] ** 2).mean((1, 2)))
    ends = np.array([round(len(X) * k / 4) for k in (1, 2, 3)])
    jump = np.abs(u[..., ends] - u[..., ends - 1]).max((1, 2))
    work = count.max(1) * settings.points / max(experts, 1)
    return u, np.stack([error, rms, jump, work], 1)


def not_ended(scores: pd.DataFrame, settings: Settings) -> float:
    """Return the share of test problems with a solve that used up all its iterations, by either hard constraint."""
    most = hard_constraint.ITERATIONS * settings.points
    limit = scores.method.map(lambda m: most / max(METHODS[m], 1))
    return float((scores.work >= limit).groupby([scores.seed, scores.problem]).any().mean())
