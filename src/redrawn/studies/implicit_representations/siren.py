"""SIREN's experiments: a photograph from coordinates, its derivatives, activations, and Poisson's equation."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from scipy import stats

from redrawn.data import photographs
from redrawn.methods import implicit
from redrawn.methods.implicit.siren import uniform
from redrawn.studies.implicit_representations.training import generator, leaves, train
from redrawn.studies.tidy import per_seed

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
    hidden: int = 3
    learning_rate: float = 1e-4
    statistics_width: int = 2048
    statistics_seeds: int = 3


SETTINGS = {
    "quick": Settings(40, 64, 150, 32, 150, 512, 4, seeds=5, statistics_seeds=5),
    "standard": Settings(64, 128, 400, 64, 400, 4096, 10, seeds=5, statistics_seeds=5),
    "paper": Settings(512, 256, 10_000, 256, 10_000, 16_384, 10, seeds=3),
}


def build(net: str, settings: Settings, side: int, seed: int, device: str):
    """Return an ensemble's parameters and its field, a function of (parameters, coordinates)."""
    inner = [settings.width] * (settings.hidden + 1)
    if net == "siren":
        layers = implicit.init_siren([2, *inner, 1], settings.seeds, generator(seed), device=device)
        return layers, implicit.siren
    octaves = implicit.frequencies(side)
    activation, inputs = ("relu", 2 + 4 * octaves) if net == "relu-pe" else (net, 2)
    layers = implicit.init_mlp(
        [inputs, *inner, 1], activation, settings.seeds, generator(seed), device
    )
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
        layers, field = build(net, settings, settings.side, seed, device)
        every = x.expand(settings.seeds, -1, -1).contiguous()

        def loss(net=net, layers=layers, field=field, every=every):
            if net == "siren":  # the same loss, its gradients written by hand
                return implicit.siren_squared_error(layers, x, pixels)
            return (field(layers, every) - pixels).square().mean((1, 2))

        losses = train(leaves(layers), loss, settings.steps, settings.learning_rate)
        # pixels lie in [-1, 1]: on [0, 1] the squared error is a quarter
        for step in np.unique(np.geomspace(1, settings.steps, 40).astype(int)):
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


def activation_statistics(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Compare pre-activations with N(0, 1) and sines with the arcsine law, layer by layer.

    `init` is `paper`, or `default`: weights U(±1/√n), as a linear layer has them without more ado.
    Returns columns init, seed, layer (1 is the first after the coordinates), std, ks_normal, ks_arcsine.
    """
    n = settings.statistics_width
    widths = [1, *[n] * (settings.statistics_layers + 1), 1]
    source = generator(seed)
    x = torch.linspace(-1, 1, settings.statistics_points, device=device)[None, :, None]
    rows = []
    for i in range(settings.statistics_seeds):
        layers = implicit.init_siren(widths, 1, source, device=device)
        plain = [(uniform(w.shape, w.shape[1] ** -0.5, source, device), b) for w, b in layers]
        for init, parameters in (("paper", layers), ("default", plain)):
            for depth, z in enumerate(implicit.pre_activations(parameters, x)):
                if depth == 0:
                    continue  # the coordinates' own layer: a frequency for each unit, no sum
                # all units at few points: units are independent, neighbouring points are not
                sample = z[0, :: max(1, z.shape[1] // 16)].flatten().cpu().double().numpy()
                rows.append(
                    (
                        init, i, depth, sample.std(),
                        stats.kstest(sample, "norm").statistic,
                        stats.kstest(np.sin(sample), stats.arcsine(-1, 2).cdf).statistic,
                    )
                )  # fmt: skip
    columns = ["init", "seed", "layer", "std", "ks_normal", "ks_arcsine"]
    return pd.DataFrame(rows, columns=columns)


def aligned_psnr(found: np.ndarray, image: np.ndarray) -> float:
    """Return the PSNR (dB) after the best a·found + b: derivatives leave offset and scale open."""
    design = np.stack([found.ravel(), np.ones(found.size)], axis=1)
    best = design @ np.linalg.lstsq(design, image.ravel(), rcond=None)[0]
    return -10 * math.log10(np.mean((best - image.ravel()) ** 2) / 4)


def solve_poisson(settings: Settings, seed: int, device: str):
    """Recover the photograph from its gradients alone, and from its Laplacian alone.

    Returns a frame (supervision, seed, psnr) and {supervision: picture of the first seed}.
    """
    side = settings.poisson_side
    image = photographs.camera(side)
    slope, curvature = image_derivatives(image)
    x, _ = target(side, device)
    x = x.expand(settings.seeds, -1, -1).contiguous()
    known = {"gradient": (1, slope.reshape(-1, 2)), "laplacian": (2, curvature.reshape(-1, 1))}
    rows, pictures = [], {}
    for name, (order, values) in known.items():
        layers, field = build("siren", settings, side, seed, device)
        start = implicit.coordinate_jet(x, order)
        # scaled to unit mean square, so that both losses weigh alike for Adam
        scale = float(np.sqrt((values**2).mean()))
        wanted = torch.tensor(values / scale, dtype=torch.float32, device=device)

        def loss(layers=layers, order=order, start=start, wanted=wanted, scale=scale):
            jet = implicit.mlp_jet(layers, start, "sine")[..., 0]
            found = jet[:, 1:3] if order == 1 else jet[:, 3:]
            return (found.mT / scale - wanted).square().mean((1, 2))

        train(leaves(layers), loss, settings.poisson_steps, settings.learning_rate)
        with torch.no_grad():
            found = field(layers, x).reshape(-1, side, side).cpu().numpy()
        pictures[name] = found[0]
        rows += [(name, i, aligned_psnr(f, image)) for i, f in enumerate(found)]
    return pd.DataFrame(rows, columns=["supervision", "seed", "psnr"]), pictures


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


def largest_distances(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return the largest distance over layers by initialisation, one value a seed."""
    worst = frame.groupby(["init", "seed"], as_index=False)[column].max()
    return per_seed(worst.replace({"init": {"default": "plain"}}), "init", column)


def deepest_std(frame: pd.DataFrame) -> np.ndarray:
    """Return the standard deviation of the deepest pre-activations with the paper's weights, by seed."""
    deepest = frame[(frame.init == "paper") & (frame.layer == frame.layer.max())]
    return deepest.sort_values("seed")["std"].to_numpy()
