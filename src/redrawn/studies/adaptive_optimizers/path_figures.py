"""Figures of paths: iterates, distances and regret by step, and steps on a plane."""

import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.adaptive_optimizers import analytical_valleys, norms
from redrawn.studies.adaptive_optimizers.marks import below
from redrawn.studies.lines import STYLES, lines


def counterexample(online: pd.DataFrame, stochastic: pd.DataFrame) -> Figure:
    """Draw average regret and the iterate against rounds, online, and the iterate on random losses."""
    figure, panels = plt.subplots(1, 3, figsize=(9, 3.8))
    titles = ("online", "online", "stochastic")
    for axes, frame, column, title in zip(
        panels, (online, online, stochastic), ("regret", "x", "x"), titles, strict=True
    ):
        rows = frame[frame["round"] > 1000]
        lines(axes, rows, "round", column, "method", xscale="log", title=title, xlabel="round t")
        axes.set_ylabel({"regret": "average regret R_t / t", "x": "iterate x_t"}[column])
    panels[0].axhline(0, color="0.4", linewidth=1, linestyle=":")
    for axes in panels[1:]:
        axes.set_ylim(-1.08, 1.08)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def distances(frame: pd.DataFrame) -> Figure:
    """Draw the distance to the minimum against steps, as it is and as the nearest so far; Adam's and AdEMAMix's."""
    figure, panels = plt.subplots(1, 2, figsize=(8.5, 4.6), sharey=True)
    for i, (name, rows) in enumerate(frame.groupby("method", sort=False)):
        label = f"{name} (rate {rows.rate.iloc[0]:g})"
        for axes, column in zip(panels, ("distance", "nearest"), strict=True):
            axes.plot(rows.step, rows[column].clip(lower=1e-6), linestyle=STYLES[i], linewidth=1.3, label=label)  # fmt: skip
    panels[0].set(yscale="log", ylabel="distance to the minimum", title="at each step")
    panels[1].set(title="nearest so far")
    for axes in panels:
        axes.set(xlabel="step")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small")  # fmt: skip
    return figure


def valleys(frame: pd.DataFrame) -> Figure:
    """Draw the three functions, and below each the paths of the three methods."""
    figure, grid = plt.subplots(2, 3, figsize=(9, 6))
    line = torch.linspace(-1.1, 1.0, 800, dtype=torch.float64)
    for (name, function), top, bottom in zip(
        analytical_valleys.FUNCTIONS.items(), *grid, strict=True
    ):
        top.plot(line, function(line), color="0.4")
        top.set(title=name, xlabel="x")
        for i, (method, rows) in enumerate(frame[frame.function == name].groupby("method", sort=False)):  # fmt: skip
            bottom.plot(rows.step, rows.x, linestyle=STYLES[i], label=method)
            last = rows.iloc[-1]
            top.plot(last.x, last.value, "ovs"[i], color=f"C{i}", markersize=9 - 2 * i)
        bottom.set(xlabel="step", ylim=(-1.1, 1.1))
    grid[0, 0].set_ylabel("F(x)")
    grid[1, 0].set_ylabel("x")
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def balls(arrows: pd.DataFrame) -> Figure:
    """Draw unit balls over a linear field with the steepest steps: by sharpness, and by norm."""
    figure, panels = plt.subplots(1, 2, figsize=(8.5, 4.6), sharey=True)
    span = np.linspace(-1.7, 1.7, 200)
    field = norms.SLOPE[0] * span[None] + norms.SLOPE[1] * span[:, None]
    angle = np.linspace(0, 2 * np.pi, 721)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    sizes = {"sum": np.abs(circle).sum(0), "euclidean": 1.0, "max": np.abs(circle).max(0)}
    by_sharpness = arrows[arrows.norm == "euclidean"].assign(label=[f"λ = {s:g}" for s in sorted(arrows.sharpness.unique())])  # fmt: skip
    names = {"sum": "ℓ1", "euclidean": "ℓ2", "max": "ℓ∞"}
    by_norm = arrows[arrows.sharpness == 1.5]
    by_norm = by_norm.assign(label=by_norm.norm.map(names))
    for axes, rows, title in zip(panels, (by_sharpness, by_norm), ("varying λ", "varying norm"), strict=True):  # fmt: skip
        axes.pcolormesh(span, span, field, cmap="Greys", alpha=0.5, rasterized=True, vmin=-2.4, vmax=4)  # fmt: skip
        for i, row in enumerate(rows.itertuples()):
            ball = row.radius * circle / sizes[row.norm]
            axes.plot(*ball, color=f"C{i}", linestyle=STYLES[i], label=row.label)
            axes.annotate("", (row.x, row.y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": f"C{i}", "linewidth": 2})  # fmt: skip
        axes.set(title=title, xlabel="Δ₁", aspect="equal")
        below(axes, ncols=3)
    panels[0].set_ylabel("Δ₂")
    return figure
