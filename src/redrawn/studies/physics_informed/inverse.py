"""Unknown constants of an equation from a few observations, by graph networks (Gao et al.)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from redrawn.methods import physics
from redrawn.studies.physics_informed.galerkin import LAME, Problem, Settings, disk, tube

SOURCE = 2.0


def source(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Find S from one observed node, the one nearest to half the radius; returns (unknown, seed, start, found, true)."""
    system = disk()
    problem = Problem(settings, system, seed, device)
    truth = physics.solve(system, [1.0], SOURCE)
    known = torch.tensor([np.abs(np.linalg.norm(system.nodes, axis=1) - 0.5).argmin()]).to(device)
    given = torch.as_tensor(truth[known.cpu()], device=device).reshape(1)
    unknown = problem.load.new_full((settings.seeds, 1), 0.25)
    problem.fit(
        settings.source_epochs, problem.constant(1.0), lambda: unknown, [unknown], known, given
    )
    return table({"S": (unknown[:, 0], 0.25, SOURCE)})


def lame(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Find λ and μ from five observed nodes under a traction of 2; returns (unknown, seed, start, found, true)."""
    system = tube(2.0)
    problem = Problem(settings, system, seed, device)
    truth = physics.solve(system, LAME)
    free_nodes = np.unique(np.setdiff1d(np.arange(len(truth)), system.fixed) // 2)
    chosen = free_nodes[:: len(free_nodes) // 5][:5]
    dofs = np.stack([2 * chosen, 2 * chosen + 1], 1).ravel()
    known = torch.as_tensor(dofs, device=device)
    given = torch.as_tensor(truth[dofs], device=device)
    unknown = problem.load.new_full((settings.seeds, 2), 0.1)
    problem.fit(
        settings.lame_epochs, lambda: unknown, problem.constant(1.0), [unknown], known, given
    )
    return table({n: (unknown[:, i], 0.1, LAME[i]) for i, n in enumerate("λμ")})


def find(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return the constants found in both problems, (unknown, seed, start, found, true, error)."""
    fewer = replace(settings, seeds=settings.inverse_seeds)
    return pd.concat([problem(fewer, seed, device) for problem in (source, lame)])


def table(found: dict) -> pd.DataFrame:
    """Return recovered constants as rows, with their relative error."""
    rows = [
        (name, i, start, value, true, abs(value - true) / true)
        for name, (values, start, true) in found.items()
        for i, value in enumerate(values.detach().cpu().tolist())
    ]
    return pd.DataFrame(rows, columns=["unknown", "seed", "start", "found", "true", "error"])
