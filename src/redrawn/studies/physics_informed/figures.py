"""The chapter's figures: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")
SLICES = (0.25, 0.5, 0.75)


def _band(axes, frame: pd.DataFrame, x: str, y: str, label: str, style: str, marker: str = ""):
    """Draw the median with the range over seeds."""
    found = frame.groupby(x)[y].agg(["median", "min", "max"])
    (line,) = axes.plot(found.index, found["median"], style, marker=marker, label=label)
    axes.fill_between(found.index, found["min"], found["max"], color=line.get_color(), alpha=0.2)


def _cut(axes, rows: pd.DataFrame):
    """Draw one exact profile and the network's, in the paper's colours."""
    axes.plot(rows.x, rows.exact, "b-", linewidth=2.4, label="exact")
    axes.plot(rows.x, rows.network, "--", color="red", label="prediction")


def burgers(field: pd.DataFrame, data: pd.DataFrame) -> Figure:
    """Draw u(t, x) with the data and three lines of constant t, and the three cuts along them."""
    wide = field.pivot(index="x", columns="t", values="network")
    figure = plt.figure(figsize=(8, 5.6))
    top, bottom = figure.subfigures(2, 1, height_ratios=[1, 1])
    axes = top.subplots()
    mesh = axes.pcolormesh(wide.columns, wide.index, wide, cmap="RdYlBu_r", rasterized=True)
    top.colorbar(mesh, ax=axes, label="u(t, x)", pad=0.02)
    axes.plot(data.t, data.x, "kx", markersize=4, markeredgewidth=1, clip_on=False,
              label=f"data ({len(data)} points)")  # fmt: skip
    axes.vlines(SLICES, -1, 1, colors="white", linewidth=1.2)
    axes.set(xlabel="t", ylabel="x", xlim=(0, wide.columns[-1]), ylim=(-1, 1))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.1)
    for at, (axes, t) in enumerate(zip(bottom.subplots(1, 3, sharey=True), SLICES, strict=True)):
        _cut(axes, field[np.isclose(field.t, t)])
        axes.set(title=f"t = {t:.2f}", xlabel="x", ylim=(-1.15, 1.15))
        if at == 0:
            axes.set_ylabel("u(t, x)")
            axes.legend(fontsize="small", loc="upper right")
    return figure


def discrete(errors: pd.DataFrame, profiles: pd.DataFrame, reported: dict[int, float]) -> Figure:
    """Draw the known and the found profile of one step, and the error by number of stages beside the paper's."""
    best = profiles[profiles.stages == profiles.stages.max()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8))
    left.plot(best.x, best.start, color="0.6", label="known, t = 0.1")
    _cut(left, best)
    title = f"t = 0.9, {best.stages.iloc[0]} stages"
    left.set(xlabel="x", ylabel="u", ylim=(-1.15, 1.9), title=title)
    left.legend(fontsize="small", loc="upper right")
    _band(right, errors, "stages", "error", "measured", "-", "o")
    right.plot(list(reported), list(reported.values()), "s--", color="0.4", label="paper")
    right.set(xlabel="stages q", ylabel="relative L2 error", xscale="log", yscale="log")
    right.legend()
    return figure


def others(wave: pd.DataFrame, step: pd.DataFrame) -> Figure:
    """Draw |h| of the Schrödinger equation at the paper's three times, and the Allen–Cahn equation's step."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 6))
    times = np.unique(wave.t)
    for panel, wanted in zip(axes.flat, (0.59, 0.79, 0.98), strict=False):
        rows = wave[wave.t == times[np.abs(times - wanted).argmin()]]
        _cut(panel, rows)
        panel.set(title=f"Schrödinger, t = {wanted}", xlabel="x", ylabel="|h|", ylim=(-0.1, 5.2))
    axes[0, 0].legend(fontsize="small", loc="upper right")
    axes[1, 1].plot(step.x, step.start, color="0.6", label="known, t = 0.1")
    _cut(axes[1, 1], step)
    axes[1, 1].set(title="Allen–Cahn, t = 0.9", xlabel="x", ylabel="u", ylim=(-1.3, 2.2))
    axes[1, 1].legend(fontsize="small", loc="upper right")
    return figure


def speeds(frame: pd.DataFrame) -> Figure:
    """Draw the error of convection against speed, and that of Burgers' equation in a moving frame."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8), sharey=True, width_ratios=[2, 1])
    for style, (name, rows) in zip(LINES, frame.groupby("frame"), strict=False):
        _band(left, rows[rows.equation == "convection"], "speed", "error", name, style, "o")
        burgers_rows = rows[rows.equation == "Burgers"]
        right.plot([name] * len(burgers_rows), burgers_rows.error, "o", alpha=0.7)
    left.set(xlabel="speed c", ylabel="relative L2 error", yscale="log", title="convection")
    left.legend(loc="lower right")
    speed = frame[frame.equation == "Burgers"].speed.iloc[0]
    right.set(title=f"Burgers, c = {speed:g}", xlim=(-0.5, 1.5))
    return figure


def singular_values(frame: pd.DataFrame) -> Figure:
    """Draw singular values of the snapshots in both frames, for a bell and for a sine."""
    figure, both = plt.subplots(1, 2, figsize=(8.5, 3.6), sharey=True)
    for axes, (start, part) in zip(both, frame.groupby("start"), strict=True):
        for style, (name, rows) in zip(("o-", "s--"), part.groupby("frame"), strict=True):
            seen = rows[rows["index"] <= 60]
            axes.plot(seen["index"], seen.share.clip(lower=1e-17), style, markersize=3, label=name)
        axes.set(xlabel="index", title=f"travelling {start}", yscale="log", ylim=(3e-18, 3))
    both[0].set_ylabel("singular value over the first")
    both[1].legend()
    return figure


def condition_numbers(poisson: pd.DataFrame, advection: pd.DataFrame) -> Figure:
    """Draw condition numbers against the number of modes, and against speed."""
    figure, both = plt.subplots(1, 2, figsize=(8.5, 3.8))
    cases = (("modes", poisson, "modes K", "Poisson"), ("speed", advection, "speed β", "advection"))
    for axes, (x, frame, label, title) in zip(both, cases, strict=True):
        axes.plot(frame[x], frame.plain, "o-", label="plain")
        axes.plot(frame[x], frame.preconditioned, "s--", label="preconditioned")
        axes.set(xlabel=label, ylabel="condition number κ", xscale="log", yscale="log", title=title)
        axes.set_xticks(frame[x], [f"{v:g}" for v in frame[x]])
        axes.minorticks_off()
    both[0].legend()
    return figure


def training(curves: pd.DataFrame, spectra: pd.DataFrame) -> Figure:
    """Draw errors against steps of descent, and the eigenvalues of network and features."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8))
    for style, (name, rows) in zip(LINES, curves.groupby("name"), strict=False):
        _band(left, rows, "step", "error", name, style)
    left.set(xlabel="step of gradient descent", ylabel="relative error", xscale="log", yscale="log")
    left.legend(loc="center right")
    for style, (name, rows) in zip(("--", "-"), spectra.groupby("name"), strict=True):
        _band(right, rows.assign(rank=rows["rank"] + 1), "rank", "share", name, style)
    right.set(
        xlabel="rank",
        ylabel="eigenvalue over the largest",
        xscale="log",
        yscale="log",
        ylim=(3e-17, 30),
    )
    right.legend(loc="lower left", bbox_to_anchor=(-0.1, 1), ncols=2, fontsize="small")
    return figure


def galerkin(values: pd.DataFrame, meshes: dict[str, np.ndarray]) -> Figure:
    """Draw finite elements, network and their difference for Poisson's equation and the pulled tube's displacement."""
    shown = values[values.field == 0]
    count = shown.problem.nunique()
    figure, grid = plt.subplots(3, count, figsize=(3.6 * count, 7.2), squeeze=False)
    for column, (problem, rows) in zip(grid.T, shown.groupby("problem", sort=False), strict=True):
        top = rows.reference.abs().max()
        parts = {"finite elements": rows.reference, "graph network": rows.network,
                 "difference": rows.network - rows.reference}  # fmt: skip
        for axes, (name, part) in zip(column, parts.items(), strict=True):
            limit = part.abs().max() if name == "difference" else top
            shade = axes.tripcolor(rows.x, rows.y, part, triangles=meshes[problem], cmap="RdBu_r",
                                   shading="gouraud", vmin=-limit, vmax=limit)  # fmt: skip
            axes.triplot(rows.x, rows.y, meshes[problem], color="0.4", linewidth=0.4)
            bar = figure.colorbar(shade, ax=axes, fraction=0.046, pad=0.04, format="%.2g")
            bar.set_ticks([-limit, 0, limit])
            axes.set(title=f"{problem}: {name}", aspect="equal", xlabel="x", ylabel="y",
                     xticks=(-1, 0, 1), yticks=(-1, 0, 1))  # fmt: skip
    return figure


def inverse(found: pd.DataFrame) -> Figure:
    """Draw start, true and found value of each unknown constant."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    first = found.groupby("unknown", sort=False)[["start", "true"]].first()
    axes.plot(first.index, first.start, "v", color="0.5", label="start")
    axes.plot(first.index, first.true, "_", color="black", markersize=30, label="true")
    axes.plot(found.unknown, found.found, "o", alpha=0.7, label="found, one a seed")
    axes.set(ylabel="value", xlim=(-0.6, len(first) + 0.4), ylim=(0, None))
    axes.legend(loc="upper right")
    return figure


def experts(solutions: pd.DataFrame, scores: pd.DataFrame) -> Figure:
    """Draw a test problem's profiles at two times by every method, and each test's error, residual, jump and work."""
    figure, axes = plt.subplots(3, 2, figsize=(7, 8.4))
    times = np.unique(solutions.t)
    for panel, t in zip(axes[0], (times[10], times[-1]), strict=False):
        rows = solutions[solutions.t == t]
        exact = rows.groupby("x").exact.first()
        panel.plot(exact.index, exact, color="0.75", linewidth=5, label="reference")
        for style, (name, part) in zip(
            ("-.", "--", "-"), rows.groupby("method", sort=False), strict=True
        ):
            panel.plot(part.x, part.u, style, label=name)
        panel.set(xlabel="x", title=f"t = {500 * t:.0f}", ylim=(-0.1, 1.2))
    axes[0, 0].set_ylabel("concentration u")
    axes[0, 0].legend(fontsize="small")
    labels = {
        "error": "test error (%)",
        "residual": "residual",
        "jump": "largest jump",
        "work": "work (iterations × points)",
    }
    for panel, (column, label) in zip(axes.flat[2:], labels.items(), strict=True):
        for name, part in scores.groupby("method", sort=False):
            panel.plot([name] * len(part), part[column], "o", alpha=0.6)
        panel.set(ylabel=label, ylim=(0, None), xlim=(-0.5, 2.5))
        panel.tick_params("x", rotation=20)
    return figure
