"""Poisson's equation by a network of place with a penalty at the boundary, beside the graph network (Gao et al.)."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import implicit, physics
from redrawn.studies.ensemble import generator, leaves, train
from redrawn.studies.physics_informed.galerkin import Settings, disk, exact


def solve(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Fit a tanh network to Poisson's equation with a penalty at the edge, in as many epochs.

    Returns its error at the mesh's nodes against the exact solution, beside the finite elements'
    (seed, log_error, boundary, finite_elements).
    """
    system = disk()
    nodes = system.nodes
    widths = [2, *settings.soft_widths, 1]
    source = generator(seed)
    layers = implicit.init_mlp(widths, "tanh", settings.seeds, source, device)
    layers = [tuple(p.double() for p in layer) for layer in layers]
    radius, angle = torch.rand(2, settings.seeds, settings.soft_points, generator=source).double()
    angle, radius = 2 * np.pi * angle, radius.sqrt()
    inside = torch.stack([radius * angle.cos(), radius * angle.sin()], -1).to(device)
    edge = torch.stack([angle.cos(), angle.sin()], -1).to(device)
    jet = implicit.coordinate_jet(inside)

    def loss():
        residual = implicit.mlp_jet(layers, jet, "tanh")[:, -1, :, 0] + 1
        rim = implicit.mlp(layers, edge, torch.tanh)[..., 0]
        return residual.square().mean(1) + settings.soft_weight * rim.square().mean(1)

    # at a constant rate: when it falls as the graph network's does, this network ends further off
    train(leaves(layers), loss, settings.epochs, settings.learning_rate)
    at = torch.as_tensor(nodes, device=device).expand(settings.seeds, -1, -1)
    found = implicit.mlp(layers, at, torch.tanh)[..., 0].detach().cpu().numpy()
    truth = exact(nodes)
    scale = np.linalg.norm(truth)
    mesh_error = np.linalg.norm(physics.solve(system, [1.0]) - truth) / scale
    errors = np.linalg.norm(found - truth, axis=1) / scale
    rim = np.abs(found[:, system.fixed]).max(1)
    return pd.DataFrame({"seed": range(settings.seeds), "log_error": np.log10(errors),
                         "boundary": rim, "finite_elements": mesh_error})  # fmt: skip
