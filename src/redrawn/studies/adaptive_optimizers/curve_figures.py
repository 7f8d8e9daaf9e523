"""Figures of training and of directions: risk, accuracy and outputs by step, sharpness by method."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.figure import Figure

from redrawn.studies.adaptive_optimizers.directional_sharpness import TENTH
from redrawn.studies.adaptive_optimizers.marks import below
from redrawn.studies.lines import STYLES, lines

SHOWN_PASSES = 10  # as in the original


def phase_retrieval(deterministic: pd.DataFrame, stochastic: pd.DataFrame) -> Figure:
    """Draw the objective against iterations on all equations, and against samples."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4.2))
    lines(left, deterministic, "step", "objective", "method", yscale="log", title="all equations")
    left.set(xlabel="iteration", ylabel="objective f(z)")
    # draws differ in their floor by more than methods do: each one's own is taken away
    least = stochastic.groupby("seed").objective.transform("min")
    above = stochastic.assign(objective=stochastic.objective - least)
    lines(right, above, "samples", "objective", "method", title="batches", ylim=(0, 1))
    right.set(xlabel="samples", ylabel="objective above the least found")
    below(left)
    below(right)
    return figure


def risk(frame: pd.DataFrame) -> Figure:
    """Draw the empirical risk against accessed data points over the first ten passes."""
    figure, axes = plt.subplots(figsize=(6.5, 4.2))
    rows = frame[frame.passes <= SHOWN_PASSES].sort_values("method", ascending=False, kind="stable")
    for i, (method, part) in enumerate(rows.groupby("method", sort=False)):
        for seed, one in part.groupby("seed"):
            one = one.sort_values("points")
            label = method if seed == 0 else None
            alpha = 1 if seed == 0 else 0.3
            axes.plot(one.points, one.risk, STYLES[i], color=f"C{i}", alpha=alpha, label=label)
    axes.set(xlabel="accessed data points", ylabel="empirical risk (nats)", ylim=(0, None))
    axes.set_xlim(0, None)
    axes.legend()
    return figure


def rays(frame: pd.DataFrame) -> Figure:
    """Draw the loss along each method's unit direction, its lowest point marked."""
    figure, both = plt.subplots(1, 2, figsize=(8.5, 4.2))
    for axes, (along, rows) in zip(both, frame.groupby("trajectory", sort=False), strict=True):
        for style, (method, part) in zip(STYLES, rows.groupby("method", sort=False), strict=False):
            (line,) = axes.plot(part.length, part.loss, linestyle=style, label=method)
            least = part.loc[part.loss.idxmin()]
            axes.plot(least.length, least.loss, "o", color=line.get_color())
        start = rows[rows.length == rows.length.min()].loss.max()
        axes.set(xscale="log", xlabel="length of the step", title=f"trained by {along}")
        axes.set_ylim(rows.loss.min() - 0.05 * (start - rows.loss.min()),
                      start + 0.5 * (start - rows.loss.min()))  # fmt: skip
    both[0].set_ylabel("loss (nats a character)")
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def ratios(frame: pd.DataFrame) -> Figure:
    """Draw each method's directional sharpness over SGD's, a point a seed and checkpoint."""
    table = frame.pivot(index=["trajectory", "step", "seed"], columns="method", values="sharpness")
    methods = [m for m in frame.method.unique() if m not in ("SGD", TENTH)]
    figure, axes = plt.subplots(figsize=(7, 4))
    for j, (along, rows) in enumerate(table.groupby(level="trajectory", sort=False)):
        for i, method in enumerate(methods):
            ratio = (rows[method] / rows["SGD"]).to_numpy()
            spread = np.linspace(-0.14, 0.14, len(ratio))
            axes.plot(i + 0.36 * j - 0.18 + spread, ratio, "os"[j], color=f"C{j}", markersize=4,
                      alpha=0.7, label=f"trained by {along}" if i == 0 else None)  # fmt: skip
    axes.axhline(1, color="0.4", linewidth=1)
    axes.text(len(methods) - 0.5, 1.02, "SGD", ha="right", va="bottom", color="0.3")
    axes.set(xticks=range(len(methods)), xticklabels=methods)
    axes.set_ylabel("directional sharpness over SGD's")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, -0.6), min(max(high, 1.2), 1.6))
    below(axes)
    return figure


def epochs(frame: pd.DataFrame) -> Figure:
    """Draw test accuracy against epochs, a panel an optimizer."""
    figure, both = plt.subplots(1, 2, figsize=(8.5, 3.9), sharey=True)
    rows = frame[frame.pixels == "standard"]
    for axes, (optimizer, part) in zip(both, rows.groupby("optimizer", sort=False), strict=True):
        lines(axes, part, "epoch", "test", "method", title=optimizer, xlabel="epoch")
        axes.legend(loc="lower right")
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    both[0].set_ylabel("test accuracy (%)")
    return figure


def outputs(frame: pd.DataFrame) -> Figure:
    """Draw outputs on four inputs against the step: mean and two deviations over runs, a column a width."""
    sizes = sorted(frame.width.unique())
    figure, grid = plt.subplots(2, len(sizes), figsize=(8.5, 5.6), sharex=True, sharey="row")
    for line, (name, rows) in zip(grid, frame.groupby("parametrisation", sort=False), strict=True):
        for axes, width in zip(line, sizes, strict=True):
            for i, (_, part) in enumerate(rows[rows.width == width].groupby("input")):
                by_step = part.groupby("step").output
                mean, spread = by_step.mean(), 2 * by_step.std()
                axes.plot(mean.index, mean, STYLES[i], color=f"C{i}", label=f"input {i + 1}")
                axes.fill_between(mean.index, mean - spread, mean + spread, color=f"C{i}",
                                  alpha=0.25, linewidth=0)  # fmt: skip
            axes.set_title(f"{name}, width {width}", fontsize="small")
        line[0].set_ylabel("output above its start")
    for axes in grid[1]:
        axes.set_xlabel("iteration")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure
