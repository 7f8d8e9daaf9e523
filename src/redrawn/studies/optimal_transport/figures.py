"""The chapter's figures: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def convergence(frame: pd.DataFrame) -> Figure:
    """Draw the optimality gap against iteration (above) and operations (below), a column a case, every seed."""
    frame = frame.assign(passes=frame.operations / frame.points**2)
    cases = list(frame.case.unique())
    figure, rows = plt.subplots(2, len(cases), figsize=(9.5, 6), sharey=True)
    for j, case in enumerate(cases):
        for row, x in zip(rows, ("iteration", "passes"), strict=True):
            axes = row[j]
            for method, runs in frame[frame.case == case].groupby("method", sort=False):
                style = {"Sinkhorn": "-", "SNS": "--"}.get(method, ":")
                color = {"Sinkhorn": "C0", "SNS": "C1"}.get(method, "C2")
                for i, run in runs.groupby("seed"):
                    label = method if i == 0 else None
                    axes.plot(run[x], run.gap, style, color=color, label=label, linewidth=1)
            axes.set(xscale="log", yscale="log")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("iteration" if x == "iteration" else "operations / n²")
        rows[0, j].set_title(case)
    for row in rows:
        row[0].set_ylabel("optimality gap")
    handles, labels = rows[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def sparsity(frame: pd.DataFrame) -> Figure:
    """Draw the mass outside of the n largest entries against sweeps, a line for each η, mean and range."""
    figure, axes = plt.subplots()
    _bands(axes, frame, "sweeps", "outside", "eta")
    axes.set(xscale="log", xlabel="Sinkhorn sweeps", ylabel="mass outside the n largest entries")
    axes.set_ylim(0, 1)
    axes.legend()
    return figure


def _bands(axes, frame, x, y, by, names=None) -> None:
    for n, (name, rows) in enumerate(frame.groupby(by, sort=False)):
        found = rows.groupby(x)[y].agg(["mean", "min", "max"])
        label = (names or {}).get(name, name)
        axes.plot(found.index, found["mean"], linestyle=LINES[n % len(LINES)], label=label)
        axes.fill_between(found.index, found["min"], found["max"], alpha=0.2)


def plans(pictures: dict, frame: pd.DataFrame) -> Figure:
    """Draw each plan as a picture, with its most non-zeros in a column."""
    figure, row = plt.subplots(1, len(pictures), figsize=(9.5, 3), sharey=True)
    most = dict(zip(frame.name, frame.non_zeros, strict=True))
    for axes, (name, plan) in zip(row, pictures.items(), strict=True):
        axes.imshow(np.where(plan > 1e-12, plan, np.nan), cmap="viridis_r", interpolation="nearest")
        axes.set(title=f"{name}\nat most {most[name]} a column", xlabel="target bin")
    row[0].set_ylabel("source bin")
    return figure


TITLES = {"without": "no gap", "with": "gap of ‖x - y‖", "squared": "gap of ‖x - y‖²"}


def arrows(pictures: dict, frame: pd.DataFrame) -> Figure:
    """Draw each map's displacements, and its crossings in the first seed."""
    target = pictures["target"][0]
    figure, row = plt.subplots(1, 3, figsize=(9.5, 3.6), sharex=True, sharey=True)
    for axes, name in zip(row, TITLES, strict=True):
        x, z = pictures[name]
        count = frame[(frame["map"] == name) & (frame.seed == 0)].crossings.iloc[0]
        axes.scatter(*target.T, s=6, color="0.7", label="target")
        axes.quiver(*x.T, *(z - x).T, angles="xy", scale_units="xy", scale=1, width=0.003, color="C0", alpha=0.6)  # fmt: skip
        axes.scatter(*x.T, s=6, color="C1", label="source")
        axes.update_datalim(z)  # arrows alone do not widen the axes
        axes.set(title=f"{TITLES[name]}: {count} crossings", xlabel="$x_1$")
        axes.set_aspect("equal")
    row[0].set_ylabel("$x_2$")
    row[0].legend(fontsize="small")
    return figure


def error_maps(maps: dict, frame: pd.DataFrame) -> Figure:
    """Draw the squared error over the unit square, networks in rows and widths in columns."""
    widths = sorted({width for _, width in maps})
    figure, grid = plt.subplots(2, len(widths), figsize=(3.2 * len(widths) + 1, 6), squeeze=False)
    logs = {key: np.log10(np.maximum(m, 1e-8)) for key, m in maps.items()}
    span = {"vmin": -6, "vmax": 0}
    for row, net in zip(grid, ("ICGN", "ICNN"), strict=True):
        for axes, width in zip(row, widths, strict=True):
            image = axes.imshow(logs[net, width], origin="lower", extent=(0, 1, 0, 1), **span)
            axes.set(title=f"{net}, {width} units", xlabel="$x_1$", ylabel="$x_2$")
    figure.colorbar(image, ax=grid, label="log₁₀ squared error", shrink=0.7)
    return figure


def flows(frame: pd.DataFrame, porous: pd.DataFrame) -> Figure:
    """Draw divergence to the exact law against time (left), and the radius of the porous profile (right)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    names = {d: f"d = {d}" for d in frame.dimension.unique()}
    _bands(left, frame, "time", "error", "dimension", names)
    left.set(xlabel="time", ylabel="log₁₀ symmetric divergence", title="Ornstein-Uhlenbeck")
    left.legend(fontsize="small")
    for n, (d, rows) in enumerate(porous.groupby("dimension")):
        exact = rows.groupby("time").exact.mean()
        right.plot(exact.index, exact, color="0.5", linestyle=":", label=f"exact, d = {d}")
        found = rows.groupby("time").radius.mean()
        right.plot(found.index, found, LINES[n], color=f"C{n}", label=f"JKO, d = {d}")
    right.set(xlabel="time", ylabel="radius of the support", title="porous medium")
    right.legend(fontsize="small")
    return figure


def particle_rates(energy: pd.DataFrame, network: pd.DataFrame) -> Figure:
    """Draw the gap against iterations, its last value against particles, and the network's loss."""
    figure, (a, b, c) = plt.subplots(1, 3, figsize=(10, 3.6))
    _bands(a, energy, "step", "gap", "n", {n: f"n = {n}" for n in energy.n.unique()})
    steps = np.unique(energy.step)
    a.plot(
        steps, energy.gap.max() / np.sqrt(steps), color="0.5", linestyle=":", label="$1/\\sqrt{k}$"
    )
    a.set(xscale="log", yscale="log", xlabel="iteration k", ylabel="gap (best so far)")
    last = energy[energy.step == energy.step.max()].groupby("n").gap.mean()
    b.plot(last.index, last, "o-", label="after all steps")
    b.plot(last.index, 1 / (6 * last.index.to_numpy() ** 2), ":", color="0.5", label="$1/(6n^2)$")
    b.plot(last.index, last.iloc[0] * np.sqrt(last.index[0] / last.index), "--", color="0.5", label="$1/\\sqrt{n}$")  # fmt: skip
    b.set(xscale="log", yscale="log", xlabel="particles n", ylabel="gap")
    _bands(c, network, "step", "loss", "functional")
    c.set(xscale="log", yscale="log", xlabel="iteration k", ylabel="loss")
    for axes in (a, b, c):
        axes.legend(fontsize="x-small")
    return figure
