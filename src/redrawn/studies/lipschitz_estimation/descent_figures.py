"""Figures of Lipschitz constants against training time, width and label noise: each takes a frame, and draws."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from redrawn.studies.lines import lines

LABELS = {
    "upper": "upper: product of norms",
    "effective": "effective: on a lattice",
    "lower": "lower: largest at a sample",
    "mean": "mean over samples",
    "train": "train loss",
    "test": "test loss",
    "bound": "bound from lower constants",
    "variance": "variance over seeds",
}


def _series(axes: Axes, frame: pd.DataFrame, x: str, columns: list[str], **options) -> None:
    """Draw some of the frame's columns as lines, with the legend above."""
    rows = frame.melt([x, "seed"], columns, "series")
    lines(axes, rows.replace({"series": LABELS}), x, "value", "series", markers=True, **options)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize="small")


def _widths(axes: Axes, frame: pd.DataFrame, threshold: float) -> None:
    """Label every other width as a plain number, and mark that of as many weights as samples."""
    axes.axvline(threshold, color="0.4", linewidth=1)
    axes.set_xticks(sorted(frame.width.unique())[::2])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())


def training(frame: pd.DataFrame) -> Figure:
    """Draw lower, effective and upper constant against the step."""
    figure, axes = plt.subplots(figsize=(6, 4.2))
    _series(
        axes, frame, "step", ["upper", "effective", "lower"], xscale="log", yscale="log",
        xlabel="step of descent", ylabel="Lipschitz constant",
    )  # fmt: skip
    return figure


def descent(frame: pd.DataFrame, threshold: float) -> Figure:
    """Draw the three constants, and the two losses, against the width; a line marks as many weights as samples."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    both = {"xscale": "log", "yscale": "log", "xlabel": "width of the hidden layer"}
    _series(left, frame, "width", ["upper", "lower", "mean"], ylabel="Lipschitz constant", **both)
    _series(right, frame, "width", ["test", "train"], ylabel="cross-entropy (nats)", **both)
    for axes in (left, right):
        _widths(axes, frame, threshold)
    return figure


def variance(frame: pd.DataFrame, threshold: float) -> Figure:
    """Draw the variance of the outputs and its bound against the width; a line marks as many weights as samples."""
    figure, axes = plt.subplots(figsize=(6, 4.2))
    _series(
        axes, frame, "width", ["bound", "variance"], xscale="log", yscale="log",
        xlabel="width of the hidden layer", ylabel="squared outputs",
    )  # fmt: skip
    _widths(axes, frame, threshold)
    return figure


def noise(frame: pd.DataFrame) -> Figure:
    """Draw lower and mean constant, and accuracy on the labels learned from, against the share of shuffled labels."""
    figure, three = plt.subplots(1, 3, figsize=(11, 4))
    rows = frame.assign(
        percent=100 * frame["share"], accuracy=100 * frame.accuracy,
        name=[f"{w} units" for w in frame.width],
    )  # fmt: skip
    titles = {
        "lower": "lower constant",
        "mean": "mean constant",
        "accuracy": "accuracy on these labels (%)",
    }
    for axes, (column, title) in zip(three, titles.items(), strict=True):
        scale = "linear" if column == "accuracy" else "log"
        lines(axes, rows, "percent", column, "name", markers=True, yscale=scale,
              xlabel="shuffled labels (%)", ylabel=title)  # fmt: skip
        if scale == "log":
            axes.yaxis.set_major_formatter(ScalarFormatter())
            axes.yaxis.set_minor_formatter(ScalarFormatter())
    handles, names = three[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    return figure
