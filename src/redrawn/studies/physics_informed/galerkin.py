"""Graph networks with a Galerkin residual: Poisson's equation and elasticity (Gao et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.methods import physics
from redrawn.studies.ensemble import flatten, generator, train, unflatten

DISK = [(0.0, 1), (0.55, 4), (1.0, 8)]
TUBE = [(0.4, 5), (1.0, 7)]
LAME = (1.0, 1.0)


@dataclass(frozen=True)
class Settings:
    """Sizes; order, learning rate, starts of the unknowns and numbers of observations are the paper's."""

    widths: tuple[int, ...]
    epochs: int = 500
    elastic_epochs: int = 4500
    source_epochs: int = 3000
    lame_epochs: int = 2250
    order: int = 10
    learning_rate: float = 1e-3
    final_share: float = 0.01
    soft_widths: tuple[int, ...] = (64, 64, 64)
    soft_points: int = 256
    soft_weight: float = 1.0
    seeds: int = 6
    inverse_seeds: int = 3


SETTINGS = {
    "quick": Settings(
        (16, 16),
        elastic_epochs=30,
        lame_epochs=30,
        soft_widths=(32, 32),
        soft_points=128,
        source_epochs=2000,
        seeds=4,
        inverse_seeds=2,
    ),
    "standard": Settings((16, 32, 64, 32, 16), elastic_epochs=3000),
    "paper": Settings((32, 64, 128, 256, 128, 64, 32)),
}


class Problem:
    """One system on the device, with the graph and the networks: one a field and seed."""

    def __init__(self, settings: Settings, system: physics.System, seed: int, device: str):
        def put(array):
            return torch.as_tensor(np.ascontiguousarray(array), device=device)

        self.settings, self.system = settings, system
        self.fields = len(system.load) // len(system.nodes)
        self.matrices, self.load = put(system.matrices), put(system.load)
        self.fixed, self.nodes = put(system.fixed), put(system.nodes)
        free = np.setdiff1d(np.arange(len(system.load)), system.fixed)
        self.free = put(free)
        basis = physics.chebyshev_basis(
            torch.as_tensor(system.elements), len(system.nodes), settings.order
        )
        self.basis = basis.to(device)
        widths = [2, *settings.widths, 1]
        layers = physics.init_chebyshev(
            widths, settings.order, settings.seeds * self.fields, generator(seed), device
        )
        # one row a network: Adam takes one step, not one for each weight and bias
        self.flat, self.shapes = flatten(layers)

    def values(self, known=None, given=None):
        """Return the degrees of freedom (seeds, dofs), with zero at the boundary and `given` at `known`."""
        layers = unflatten(self.flat, self.shapes)
        found = physics.chebyshev_network(layers, self.basis, self.nodes)[..., 0]
        found = found.view(self.settings.seeds, self.fields, -1).transpose(1, 2)
        found = found.reshape(self.settings.seeds, -1)
        found = physics.overwrite(
            found, self.fixed, torch.zeros_like(self.fixed, dtype=found.dtype)
        )
        return found if known is None else physics.overwrite(found, known, given)

    def fit(
        self, epochs: int, coefficients, source, unknown=(), known=None, given=None, final_share=1.0
    ):
        """Train by Adam; coefficients (seeds, terms) and source (seeds, 1) may depend on tensors in `unknown`.

        The rate falls to `final_share`: as it limits how far an unknown can go, it must stay as it is where one is sought.
        """

        def loss():
            stiffness = torch.einsum("et,tij->eij", coefficients(), self.matrices)
            load = source() * self.load
            return physics.residual_norm(stiffness, self.values(known, given), load, self.free)

        rate = self.settings.learning_rate
        train([self.flat, *unknown], loss, epochs, rate, final_share=final_share)

    def constant(self, *values: float):
        """Return a function that gives the values to every seed, (seeds, values)."""
        found = self.load.new_tensor(values).expand(self.settings.seeds, -1)
        return lambda: found


def forward(settings: Settings, seed: int, device: str):
    """Solve Poisson's equation with S = 1, and elasticity.

    Returns:
        Scores (problem, seed, error, boundary, log_error, log_exact): relative distance to the finite elements, largest
        absolute error at the boundary, and for Poisson's equation the error against the exact solution; and nodal values of the first seed (problem, field, x, y, network, reference).
    """
    rows, values = [], []
    given = {
        "Poisson": (disk(), [1.0], settings.epochs),
        "elasticity": (tube(), LAME, settings.elastic_epochs),
    }
    for name, (system, coefficients, epochs) in given.items():
        problem = Problem(settings, system, seed, device)
        stiffness, source = problem.constant(*coefficients), problem.constant(1.0)
        problem.fit(epochs, stiffness, source, final_share=settings.final_share)
        reference = physics.solve(system, coefficients)
        found = problem.values().detach().cpu().numpy()
        errors = np.linalg.norm(found - reference, axis=1) / np.linalg.norm(reference)
        edge = np.abs(found[:, system.fixed]).max(1)
        truth = exact(system.nodes) if name == "Poisson" else reference
        against = np.linalg.norm(found - truth, axis=1) / np.linalg.norm(truth)
        logs = np.log10(errors), np.log10(against)
        rows += [(name, i, *row) for i, row in enumerate(zip(errors, edge, *logs, strict=True))]
        for f in range(problem.fields):
            part = slice(f, None, problem.fields)
            values.append(pd.DataFrame({
                "problem": name, "field": f, "x": system.nodes[:, 0], "y": system.nodes[:, 1],
                "network": found[0, part], "reference": reference[part]}))  # fmt: skip
    columns = ["problem", "seed", "error", "boundary", "log_error", "log_exact"]
    return pd.DataFrame(rows, columns=columns), pd.concat(values)


def exact(nodes: np.ndarray) -> np.ndarray:
    """Return Poisson's solution on the unit disk for S = 1."""
    return (1 - (nodes**2).sum(1)) / 4


def disk() -> physics.System:
    """Return Poisson's equation on the irregular disk, the same for every seed."""
    return physics.poisson_system(physics.ring_mesh(DISK, np.random.default_rng(0)))


def tube(traction: float = 0.5) -> physics.System:
    """Return elasticity on the irregular tube, pulled to the right."""
    mesh = physics.ring_mesh(TUBE, np.random.default_rng(0))
    return physics.elasticity_system(mesh, (traction, 0.0))


def triangles() -> dict[str, np.ndarray]:
    """Return four straight triangles for each curved one of a problem's mesh, as rows of node numbers."""
    corners = [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]]
    systems = {"Poisson": disk(), "elasticity": tube()}
    return {
        name: system.elements[corners].transpose(2, 0, 1).reshape(-1, 3)
        for name, system in systems.items()
    }
