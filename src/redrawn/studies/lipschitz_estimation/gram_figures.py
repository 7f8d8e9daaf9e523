"""The figures of Gram iteration: each takes what a study returned, and draws."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.figure import Figure

from redrawn.studies.lines import MARKERS, lines
from redrawn.studies.lipschitz_estimation import gram

TITLES = {
    gram.DENSE: f"matrix, {gram.ROWS} × {gram.COLUMNS}",
    gram.CONVOLUTION: f"convolution, {gram.CHANNELS} × {gram.CHANNELS} × {gram.KERNEL} × {gram.KERNEL}",
}


def convergence(frame: pd.DataFrame) -> Figure:
    """Draw the relative error against the iteration: both methods on matrix and convolution, and Gram by spectrum."""
    figure, (*both, last) = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True)
    shown = frame[frame.step > 0]
    scale = {"yscale": "log", "ylim": (gram.FLOOR / 3, 10)}
    for axes, (case, title) in zip(both, TITLES.items(), strict=True):
        rows = shown[shown.case == case]
        lines(axes, rows, "step", "error", "method", xscale="log", xlabel="iteration", **scale)
        axes.set_title(title)
    rows = shown[(shown.method == gram.GRAM) & (shown.case != gram.CONVOLUTION)]
    rows = rows.assign(matrix=rows.case.replace(gram.DENSE, "Gaussian"))
    lines(last, rows, "step", "error", "matrix", markers=True, xlabel="iteration", **scale)
    last.set(title="Gram, by matrix", xticks=range(0, 13, 3))
    both[0].set_ylabel("relative error |estimate / σ₁ - 1|")
    both[0].legend(loc="upper right")
    last.legend(loc="lower left")
    return figure


def layers(frame: pd.DataFrame) -> Figure:
    """Draw each method's bound over the exact norm, layer by layer."""
    figure, axes = plt.subplots(figsize=(9, 4.2))
    names = {name: i for i, name in enumerate(frame.layer.unique())}
    for marker, (method, rows) in zip(MARKERS, frame.groupby("method", sort=False), strict=False):
        axes.plot(rows.layer.map(names), rows.ratio, marker, ms=5, fillstyle="none", label=method)
    axes.axhline(1, color="0.7", linewidth=0.8, zorder=0)
    axes.set(yscale="log", ylabel="bound / exact circular norm")
    axes.set_yticks([1, 2, 3, 5], ["1", "2", "3", "5"])
    axes.tick_params(axis="y", which="minor", labelleft=False)
    axes.set_xticks(list(names.values()), names, rotation=90, fontsize="small")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, fontsize="small")
    return figure


def widths(frame: pd.DataFrame) -> Figure:
    """Draw each method's bound over the exact norm against the number of channels."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    lines(axes, frame, "channels", "ratio", "method", markers=True, xscale="log", yscale="log",
          xlabel="channels in and out", ylabel="bound / exact circular norm")  # fmt: skip
    counts = sorted(frame.channels.unique())
    axes.set_xticks(counts, counts)
    axes.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.tick_params(which="minor", labelleft=False, labelbottom=False)
    axes.legend(fontsize="small")
    return figure


def training(frame: pd.DataFrame) -> Figure:
    """Draw test accuracy against the product of the convolutions' norms, a mark a network, with and without BatchNorm."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.6), sharex=True, sharey=True)
    marks = dict(zip(frame.method.unique(), MARKERS, strict=False))
    panels = {"with BatchNorm": frame[frame.normalised], "without": frame[~frame.normalised]}
    for axes, (title, rows) in zip(both, panels.items(), strict=True):
        for i, (method, mark) in enumerate(marks.items()):
            some = rows[rows.method == method]
            axes.plot(some["product"], 100 * some.accuracy, mark, color=f"C{i}", ms=6,
                      fillstyle="none", label=method.replace("none", "no penalty"))  # fmt: skip
        axes.set(xscale="log", xlabel="product of the convolutions' norms", title=title)
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
    both[0].set_ylabel("test accuracy (%)")
    both[0].legend(fontsize="small")
    return figure
