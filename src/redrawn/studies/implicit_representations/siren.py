"""SIREN against other activations: a photograph from its coordinates, and the derivatives that come with it."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch

from redrawn.data import photographs
from redrawn.methods import implicit
from redrawn.studies.ensemble import generator, leaves, train

NETS = ("siren", "relu-pe", "relu", "tanh", "softplus")


@dataclass(frozen=True)
class Settings:
    """Sizes; learning rate, ω₀, depth and initialisation are the paper's own in every profile."""

    side: int
    width: int
    steps: int
    poisson_side: int
    poisson_steps: int
    statistics_points: int
    statistics_layers: int
    seeds: int = 4
    poisson_seeds: int = 3
    hidden: int = 3
    learning_rate: float = 1e-4
    statistics_width: int = 2048
    statistics_seeds: int = 3


SETTINGS = {
    "quick": Settings(40, 64, 120, 32, 60, 16, 4, seeds=3),
    "standard": Settings(64, 128, 400, 64, 400, 4096, 10, seeds=5, statistics_seeds=5),
    "paper": Settings(512, 256, 10_000, 256, 10_000, 16_384, 10, seeds=3),
}


def build(net: str, settings: Settings, side: int, seeds: int, seed: int, device: str):
    """Return an ensemble's parameters and its field, a function of (parameters, coordinates)."""
    inner = [settings.width] * (settings.hidden + 1)
    if net == "siren":
        layers = implicit.init_siren([2, *inner, 1], seeds, generator(seed), device=device)
        return layers, implicit.siren
    octaves = implicit.frequencies(side)
    activation, inputs = ("relu", 2 + 4 * octaves) if net == "relu-pe" else (net, 2)
    layers = implicit.init_mlp([inputs, *inner, 1], activation, seeds, generator(seed), device)
    if net == "relu-pe":
        return layers, lambda p, x: implicit.mlp(
            p, implicit.positional_encoding(x, octaves), implicit.ACTIVATIONS[activation]
        )
    return layers, lambda p, x: implicit.mlp(p, x, implicit.ACTIVATIONS[activation])


def target(side: int, device: str):
    """Return coordinates (n, 2) and pixel values (n, 1) of the photograph."""
    image = torch.tensor(photographs.camera(side), dtype=torch.float32, device=device)
    x = torch.tensor(photographs.grid(side), dtype=torch.float32, device=device)
    return x, image.reshape(-1, 1)


def fit_photograph(settings: Settings, seed: int, device: str):
    """Fit the photograph with every net.

    Returns:
        PSNR frame (net, seed, step, psnr in dB) and {net: (f, ∇f, Δf)} of the fitted networks as
        arrays (seeds, side, side[, 2]).
    """
    x, pixels = target(settings.side, device)
    rows, fits = [], {}
    for net in NETS:
        layers, field = build(net, settings, settings.side, settings.seeds, seed, device)
        every = x.expand(settings.seeds, -1, -1).contiguous()

        def loss(net=net, layers=layers, field=field, every=every):
            if net == "siren":  # the same loss, its gradients written by hand
                return implicit.siren_squared_error(layers, x, pixels)
            return (field(layers, every) - pixels).square().mean((1, 2))

        losses = train(leaves(layers), loss, settings.steps, settings.learning_rate)
        # pixels lie in [-1, 1]: on [0, 1] the squared error is a quarter
        for step in np.unique(np.geomspace(1, settings.steps, 300).astype(int)):
            for i, value in enumerate(losses[step - 1]):
                rows.append((net, i, step, -10 * math.log10(value / 4)))
        fits[net] = derivatives(partial(field, layers), every, settings.side)
    return pd.DataFrame(rows, columns=["net", "seed", "step", "psnr"]), fits


def derivatives(field, x: torch.Tensor, side: int):
    """Return a field, its gradient and its Laplacian on the grid, as arrays."""
    shape = (x.shape[0], side, side)
    with torch.no_grad():
        value = field(x).reshape(shape)
    slope = implicit.gradient(field, x).reshape(*shape, 2)
    curvature = implicit.laplacian(field, x).detach().reshape(shape)
    return value.cpu().numpy(), slope.detach().cpu().numpy(), curvature.cpu().numpy()


def image_derivatives(image: np.ndarray):
    """Return central differences of the image, per unit of coordinate: ∇ (…, 2) and Δ."""
    step = 2 / (image.shape[0] - 1)
    slope = np.stack(np.gradient(image, step), axis=-1)
    curvature = sum(np.gradient(slope[..., i], step, axis=i) for i in range(2))
    return slope, curvature


def derivative_errors(settings: Settings, fits) -> pd.DataFrame:
    """Return each net's correlation of ∇ and Δ with the image's central differences, and max |Δ|."""
    slope, curvature = image_derivatives(photographs.camera(settings.side))
    inner = (slice(2, -2),) * 2  # one-sided differences at the border are no reference
    rows = []
    for net, (_, slopes, curvatures) in fits.items():
        for i in range(settings.seeds):
            found = slopes[i][inner].ravel()
            gradient = np.corrcoef(found, slope[inner].ravel())[0, 1]
            largest = np.abs(curvatures[i]).max()
            # a field without curvature correlates with nothing
            related = (
                np.corrcoef(curvatures[i][inner].ravel(), curvature[inner].ravel())[0, 1]
                if largest
                else 0.0
            )
            rows.append((net, i, gradient, related, largest))
    columns = ["net", "seed", "gradient_correlation", "laplacian_correlation", "largest_laplacian"]
    return pd.DataFrame(rows, columns=columns)


def psnr_margin(frame: pd.DataFrame) -> np.ndarray:
    """Return by how many dB SIREN ends above the best other net, one value a seed."""
    last = frame[frame.step == frame.step.max()].pivot(index="seed", columns="net", values="psnr")
    return (last["siren"] - last.drop(columns="siren").max(axis=1)).to_numpy()


def steps_to_runner_up(frame: pd.DataFrame) -> np.ndarray:
    """Return the share of all steps in which SIREN reaches the best other net's final PSNR, by seed."""
    last = frame[frame.step == frame.step.max()]
    best = last[last.net != "siren"].groupby("seed").psnr.max()
    siren = frame[frame.net == "siren"]
    reached = siren[siren.psnr >= siren.seed.map(best)].groupby("seed").step.min()
    # a seed that never gets there needs all steps, and then some
    return (reached.reindex(best.index).fillna(frame.step.max() + 1) / frame.step.max()).to_numpy()
