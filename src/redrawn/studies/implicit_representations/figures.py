"""The chapter's figures: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.data import photographs
from redrawn.studies.implicit_representations.siren import image_derivatives
from redrawn.studies.implicit_representations.solids import DIMENSION, SOLIDS

NAMES = {
    "siren": "SIREN", "relu": "ReLU", "relu-pe": "ReLU + P.E.", "tanh": "tanh", "softplus": "softplus",
    "snake": "Snake", "sine": "sine", "standard": "two-layer ReLU", "product": "Π-Net",
}  # fmt: skip
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def _band(axes, frame: pd.DataFrame, x: str, y: str, by: str) -> None:
    """Draw mean and range over seeds of each series, told apart by colour and by dashes."""
    for style, (name, rows) in zip(LINES, frame.groupby(by, sort=False), strict=False):
        found = rows.groupby(x)[y].agg(["mean", "min", "max"])
        (line,) = axes.plot(
            found.index, found["mean"], linestyle=style, label=NAMES.get(name, name)
        )
        axes.fill_between(
            found.index, found["min"], found["max"], color=line.get_color(), alpha=0.2
        )


def fitted_photograph(fits, side: int) -> Figure:
    """Draw the photograph, its gradient and its Laplacian (rows), and those of each fit (columns)."""
    image = photographs.camera(side)
    columns = {"ground truth": (image, *image_derivatives(image))}
    columns |= {NAMES[net]: tuple(part[0] for part in parts) for net, parts in fits.items()}
    slope = np.percentile(np.linalg.norm(columns["ground truth"][1], axis=-1), 99)
    bend = np.percentile(np.abs(columns["ground truth"][2]), 99)
    figure, axes = plt.subplots(3, len(columns), figsize=(9.5, 5.2))
    for j, (name, (value, gradient, laplacian)) in enumerate(columns.items()):
        axes[0, j].set_title(name)
        axes[0, j].imshow(value, cmap="gray", vmin=-1, vmax=1)
        axes[1, j].imshow(np.linalg.norm(gradient, axis=-1), cmap="cividis", vmin=0, vmax=slope)
        axes[2, j].imshow(laplacian, cmap="RdBu_r", vmin=-bend, vmax=bend)
    for label, row in zip(("image f", "gradient |∇f|", "Laplacian Δf"), axes, strict=True):
        row[0].set_ylabel(label)
        for ax in row:
            ax.set(xticks=[], yticks=[])
    return figure


def psnr(frame: pd.DataFrame) -> Figure:
    """Draw PSNR against step, one line a net."""
    figure, axes = plt.subplots()
    _band(axes, frame, "step", "psnr", "net")
    axes.set(xlabel="step of Adam", ylabel="PSNR (dB)", xscale="log")
    axes.legend()
    return figure


def activation_statistics(frame: pd.DataFrame) -> Figure:
    """Draw the Kolmogorov-Smirnov distances to both laws, layer by layer."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True)
    laws = {"ks_normal": "pre-activations to N(0, 1)", "ks_arcsine": "sines to the arcsine law"}
    for axes, (column, title) in zip(both, laws.items(), strict=True):
        _band(axes, frame.replace({"init": {"paper": "paper's initialisation",
              "default": "weights U(±1/√n)"}}), "layer", column, "init")  # fmt: skip
        axes.set(xlabel="hidden layer", title=title)
    both[0].set_ylabel("Kolmogorov-Smirnov distance")
    both[0].legend()
    return figure


def poisson(pictures: dict, side: int) -> Figure:
    """Draw the photograph beside what was recovered from its gradient and from its Laplacian."""
    figure, axes = plt.subplots(1, 3, figsize=(7, 2.8))
    shown = {"photograph": photographs.camera(side)} | {
        f"from the {k}": v for k, v in pictures.items()
    }
    for ax, (name, picture) in zip(axes, shown.items(), strict=True):
        ax.imshow(picture, cmap="gray")  # each on its own grey scale: derivatives leave it open
        ax.set(title=name, xticks=[], yticks=[])
    return figure


def extrapolation(curves: pd.DataFrame, edge: float) -> Figure:
    """Draw sin and each net's median with its range over seeds, inside and outside of the training range."""
    figure, rows = plt.subplots(2, 2, figsize=(8, 5), sharex=True, sharey=True)
    for axes, (net, found) in zip(rows.flat, curves.groupby("net", sort=False), strict=True):
        spread = found.groupby("x").y.quantile([0.05, 0.5, 0.95]).unstack()
        axes.axvspan(-edge, edge, color="0.92", label="training range")
        axes.plot(spread.index, np.sin(spread.index), color="0.4", linestyle=":", label="sin x")
        axes.plot(spread.index, spread[0.5], label="median over seeds")
        axes.fill_between(spread.index, spread[0.05], spread[0.95], alpha=0.3)
        axes.set(title=NAMES[net], ylim=(-4, 4))
    for axes in rows[1]:
        axes.set_xlabel("x (radians)")
    for axes in rows[:, 0]:
        axes.set_ylabel("f(x)")
    handles, labels = rows[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def temperature(series: pd.DataFrame, trained_until: float) -> Figure:
    """Draw the observed temperature and each net's first fit, over the last years."""
    figure, axes = plt.subplots()
    late = series[(series.year > trained_until - 4) & (series.seed == 0)]
    for style, (net, rows) in zip(LINES, late.groupby("net", sort=False), strict=False):
        axes.plot(rows.year, rows.temperature, linestyle=style, label=NAMES.get(net, net))
    axes.axvline(trained_until, color="0.5", linewidth=1)
    axes.set(xlabel="year", ylabel="sea-surface temperature (°C)", ylim=(12, 32),
             title="left of the line: training; right: forecast")  # fmt: skip
    axes.legend(ncols=2, fontsize="small")
    return figure


def harmonics(flow: pd.DataFrame) -> Figure:
    """Draw the share of each harmonic that is still to be learned against time."""
    degrees = (1, 3, 4, 5, 8, 12)
    figure, grid = plt.subplots(2, 3, figsize=(8.5, 4.8), sharex=True, sharey=True)
    for axes, degree in zip(grid.flat, degrees, strict=True):
        _band(axes, flow[(flow.degree == degree) & (flow.share > 1e-3)], "time", "share", "net")
        axes.set(title=f"degree {degree}", xscale="log", yscale="log")
    for axes in grid[1]:
        axes.set_xlabel("time · mean eigenvalue")
    for axes in grid[:, 0]:
        axes.set_ylabel("share in the residual")
    grid[0, 0].legend(fontsize="small")
    return figure


def sections(pictures: dict, solid: str) -> Figure:
    """Draw the solid's true section at z = 0 and each variant's zero line."""
    line = np.linspace(-1, 1, len(next(iter(pictures.values()))))
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    points = np.pad(points, ((0, 0), (0, DIMENSION[solid] - 2)))
    truth = SOLIDS[solid](points).reshape(len(line), len(line))
    figure, axes = plt.subplots(1, len(pictures), figsize=(10, 2.6))
    for ax, (name, field) in zip(axes, pictures.items(), strict=True):
        ax.contourf(line, line, truth < 0, levels=[0.5, 1.5], colors=["0.8"])
        ax.contour(line, line, field, levels=[0.0], colors=["C0"])
        ax.set(title=name, xlabel="x", aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes[0].set_ylabel("y")
    return figure


def shrinking(frame: pd.DataFrame) -> Figure:
    """Draw the squared radius against time: network and exact line."""
    figure, axes = plt.subplots(figsize=(6, 3.8))
    _band(axes, frame.assign(what="network, range over seeds"), "time", "radius_squared", "what")
    exact = frame.groupby("time").exact.first()
    axes.plot(exact.index, exact, linestyle=":", color="0.3", label="exact")
    axes.set(xlabel="time", ylabel="radius²")
    axes.legend()
    return figure


def deformation(picture: pd.DataFrame) -> Figure:
    """Draw the zero line of the network and of the exact solution after the flow."""
    wide = {k: picture.pivot(index="y", columns="x", values=k) for k in ("network", "exact")}
    figure, axes = plt.subplots(figsize=(4.4, 4.2))
    for (name, field), style, colour in zip(
        wide.items(), ("solid", "dashed"), ("C0", "C1"), strict=True
    ):
        axes.contour(
            field.columns, field.index, field, levels=[0.0], linestyles=style, colors=colour
        )
        axes.plot([], [], linestyle=style, color=colour, label=name)
    axes.set(xlabel="x", ylabel="y", aspect="equal")
    axes.legend(loc="lower right")
    return figure


def scales(pictures: dict, scores: pd.DataFrame) -> Figure:
    """Draw one held-out patch at three sizes by both decoders, and PSNR against scale."""
    figure = plt.figure(figsize=(9.5, 4.8))
    grid = figure.add_gridspec(3, 6)
    for i, name in enumerate(("truth", "implicit", "fixed + bicubic")):
        for j, size in enumerate((20, 26, 48)):
            axes = figure.add_subplot(grid[i, j])
            axes.imshow(pictures[name, size], cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            if i == 0:
                axes.set_title(f"× {size / 8:g}")
            if j == 0:
                axes.set_ylabel(name, fontsize="small")
    axes = figure.add_subplot(grid[:, 3:])
    _band(axes, scores, "scale", "psnr", "decoder")
    axes.axvline(4, color="0.5", linewidth=1)
    axes.set(xlabel="size over the latents' size (training up to the line)", ylabel="PSNR (dB)")
    axes.legend()
    return figure
