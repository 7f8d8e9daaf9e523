"""What gradient descent makes of an L1 penalty: on least squares, on powers of the absolute value, on a perceptron."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import Lasso

from redrawn.data.digits import mnist
from redrawn.methods import stability
from redrawn.studies.ensemble import generator

PENALTIES = (0.01, 0.1, 1.0, 3.0, 10.0)
STEP = 0.1
POWERS = (1.2, 1.5, 1.8)
MOVES = {"subgradient": stability.subgradient_step, "proximal": stability.proximal_step}


@dataclass(frozen=True)
class Settings:
    """Problems of `rows` × `columns` with three true ones; the perceptron's pictures, units, steps and penalty."""

    problems: int = 8
    rows: int = 40
    columns: int = 20
    steps: int = 4000
    networks: int = 4
    pictures: int = 200
    hidden: int = 16
    network_steps: int = 400
    network_penalty: float = 3e-3


SETTINGS = {
    "quick": Settings(steps=1000, network_steps=200),
    "standard": Settings(problems=30, networks=8, pictures=1000, network_steps=2000),
    "paper": Settings(problems=100, networks=20, pictures=4000, network_steps=10_000),
}


def lasso(
    settings: Settings,
    seed: int,
    device: str,
    step: float = STEP,
    methods=("subgradient", "proximal", "exact"),
) -> pd.DataFrame:
    """Return (seed, penalty, method, norm, zeros, change): L1 norm, share of zeros, the objective's last relative change."""
    source, (e, n, p) = generator(seed), (settings.problems, settings.rows, settings.columns)
    a = torch.randn(e, 1, n, p, generator=source, dtype=torch.float64).to(device) / n**0.5
    y = a[..., :3].sum(-1)
    start = torch.randn(e, 1, p, generator=source, dtype=torch.float64).to(device)
    penalty = torch.tensor(PENALTIES, dtype=torch.float64, device=device)[None, :, None]
    rows = []
    for name in methods:
        if name == "exact":
            exact = np.array([[_exact(m.cpu().numpy(), t.cpu().numpy(), s) for s in PENALTIES]
                              for m, t in zip(a[:, 0], y[:, 0], strict=True)])  # fmt: skip
            rows += _rows(name, exact, np.zeros(exact.shape[:2]))
            continue
        move, b = MOVES[name], start.expand(e, len(PENALTIES), p)
        for _ in range(settings.steps):
            before, b = b, move(b, stability.least_squares_gradient(b, a, y), penalty, step)
        last, earlier = (stability.lasso_objective(z, a, y, penalty[..., 0]) for z in (b, before))
        change = (last / earlier - 1).abs()
        rows += _rows(name, b.cpu().numpy(), change.cpu().numpy())
    return pd.DataFrame(rows, columns=["method", "seed", "penalty", "norm", "zeros", "change"])


def norms(frame: pd.DataFrame, method: str, penalties: tuple[float, ...]) -> dict[str, list[float]]:
    """Return the L1 norms of one method by penalty, one value a problem."""
    table = frame[frame.method == method].pivot(index="seed", columns="penalty", values="norm")
    return {f"{p:g}": table[p].tolist() for p in penalties}


def edge_of_powers(steps: int = 1000) -> dict[float, float]:
    """Return η f″ / 2 where gradient descent on |x|^p ends, by p."""
    p = torch.tensor(POWERS, dtype=torch.float64)
    x = torch.full_like(p, 0.7)
    for _ in range(steps):
        x = x - STEP * p * x.sign() * x.abs() ** (p - 1)
    return dict(zip(POWERS, (STEP * p * (p - 1) * x.abs() ** (p - 2) / 2).tolist(), strict=True))


def network(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (method, seed, zeros, small, accuracy) of the penalised first layer of perceptrons on digits."""
    images, digits = mnist(14)
    source, (e, h) = generator(seed), (settings.networks, settings.hidden)
    chosen = torch.randint(len(images), (e, settings.pictures), generator=source)
    x = torch.as_tensor(images, dtype=torch.float32).flatten(1)[chosen].to(device)
    y = torch.as_tensor(digits)[chosen].to(device)
    first = (torch.randn(e, x.shape[-1], h, generator=source) / x.shape[-1] ** 0.5).to(device)
    second = (torch.randn(e, h, 10, generator=source) / h**0.5).to(device)

    def loss(parts):
        out = (x @ parts[0]).relu() @ parts[1]
        return -out.log_softmax(-1).gather(-1, y[..., None]).mean((1, 2)).sum()

    rows = []
    for name, move in MOVES.items():
        u, v = first, second
        for _ in range(settings.network_steps):
            gu, gv = torch.func.grad(loss)((u, v))
            u, v = move(u, gu, settings.network_penalty, STEP), v - STEP * gv
        right = ((x @ u).relu() @ v).argmax(-1) == y
        small = (u.abs() < STEP * settings.network_penalty).float().mean((1, 2))
        found = ((u == 0).float().mean((1, 2)), small, right.float().mean(1))
        rows += [(name, i, *values) for i, values in enumerate(torch.stack(found, 1).tolist())]
    return pd.DataFrame(rows, columns=["method", "seed", "zeros", "small", "accuracy"])


def _exact(a: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    solver = Lasso(alpha=penalty / len(y), fit_intercept=False, tol=1e-10, max_iter=100_000)
    return solver.fit(a, y).coef_


def _rows(name: str, b: np.ndarray, change: np.ndarray) -> list[tuple]:
    return [(name, i, s, np.abs(b[i, j]).sum(), (b[i, j] == 0).mean(), change[i, j])
            for i in range(len(b)) for j, s in enumerate(PENALTIES)]  # fmt: skip
