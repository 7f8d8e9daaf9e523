"""Figures of training: losses by tokens and epochs, accuracy by rate, gaps by iterations and passes."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.adaptive_optimizers.marks import below
from redrawn.studies.lines import lines

LOG = {"yscale": "log"}


def text(curves: pd.DataFrame, kept: pd.DataFrame) -> Figure:
    """Draw loss on held-out text against tokens, and what is kept of a batch seen once."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4))
    named = curves.assign(thousands=curves.tokens / 1000)
    lines(left, named, "thousands", "loss", "method", xlabel="thousands of tokens")
    left.set_ylabel("loss (nats a character)")
    lines(right, kept, "since", "kept", "method", xlabel="steps since the batch was seen")
    right.set_ylabel("share of the gain kept")
    for axes in (left, right):
        below(axes)
    return figure


def rates(frame: pd.DataFrame) -> Figure:
    """Draw test accuracy against the learning rate, a line a method, and a mark where other starts are measured."""
    figure, axes = plt.subplots(figsize=(7, 4.4))
    choosing, measured = frame[frame.seed < 0], frame[frame.seed >= 0]
    lines(axes, choosing, "rate", "accuracy", "method", xscale="log", xlabel="learning rate")
    for i, (_, rows) in enumerate(measured.groupby("method", sort=False)):
        means = rows.groupby("rate").accuracy.mean()
        axes.plot(means.index, means, "osD^"[i], color=f"C{i}", markersize=6)
    axes.set_ylabel("test accuracy (%)")
    below(axes)
    return figure


def scales(losses: pd.DataFrame) -> Figure:
    """Draw the loss by epoch on data and on scaled data, a panel a method."""
    methods = losses.method.unique()
    figure, panels = plt.subplots(1, len(methods), figsize=(9, 3.8), sharey=True)
    for axes, method in zip(panels, methods, strict=True):
        rows = losses[losses.method == method]
        lines(axes, rows, "epoch", "loss", "data", **LOG, xlabel="epoch")
        axes.set_title(method.replace(", ", ",\n"))
    panels[0].set_ylabel("training loss (nats)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def gaps(frame: pd.DataFrame) -> Figure:
    """Draw the gap against iterations, a panel a set and scaling."""
    groups = list(frame.groupby(["name", "spread"]))
    figure, panels = plt.subplots(1, len(groups), figsize=(9, 3.8), sharey=True)
    for axes, ((name, spread), rows) in zip(panels, groups, strict=True):
        lines(axes, rows, "iteration", "gap", "method", **LOG, xlabel="iteration")
        axes.set_title(f"{name},\n{'scaled' if spread else 'as they are'}")
    panels[0].set_ylabel("gap F − F*")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def passes(frame: pd.DataFrame) -> Figure:
    """Draw the squared norm of the gradient against effective passes, a panel a set."""
    groups = list(frame.groupby("name", sort=False))
    figure, panels = plt.subplots(1, len(groups), figsize=(8.5, 4.2), sharey=True)
    for axes, (name, rows) in zip(panels, groups, strict=True):
        # AI-SARAH's runs look at passes of their own, as they take full gradients when they will
        rounded = rows.assign(passes=np.round(4 * rows.passes) / 4)
        rounded = rounded.groupby(["method", "seed", "passes"], sort=False, as_index=False).norm.last()  # fmt: skip
        lines(axes, rounded, "passes", "norm", "method", **LOG, title=name, xlabel="effective passes")  # fmt: skip
    panels[0].set_ylabel("squared norm of the gradient")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
