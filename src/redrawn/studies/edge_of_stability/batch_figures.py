"""Figures of flatness, of walks away from the start, and of what a batch's size does to curvature and steps."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter


def flatness(toy: pd.DataFrame, trained: pd.DataFrame) -> Figure:
    """Draw two minima of one zeroth-order flatness, and the top eigenvalue and accuracy of trained networks."""
    figure, (left, right) = plt.subplots(2, 1, figsize=(7, 7.6))
    sns.lineplot(toy, x="place", y="loss", hue="shape", style="shape", estimator=None, ax=left)
    left.set(xlabel="distance from the minimum, up to the radius", ylabel="loss above the minimum")
    sns.move_legend(left, "lower center", bbox_to_anchor=(0.5, 1), ncols=2, title=None)
    sns.scatterplot(
        trained, x="eigenvalue", y="accuracy", hue="method", style="method", s=70, ax=right
    )
    right.set(
        xscale="log",
        xlabel="top eigenvalue of the Hessian of the training loss",
        ylabel="test accuracy",
    )
    _plain(right.xaxis)
    sns.move_legend(right, "lower center", bbox_to_anchor=(0.5, 1), ncols=4, title=None)
    return figure


def distance(walk: pd.DataFrame, ways: pd.DataFrame) -> Figure:
    """Draw the distance from the start against the logarithm of steps, and the accuracy of each way of training."""
    figure, (left, right) = plt.subplots(2, 1, figsize=(7, 7.6))
    named = walk.assign(batch=[f"batch of {b}" for b in walk.batch])
    sns.lineplot(named, x="step", y="distance", hue="batch", style="batch", errorbar="sd", ax=left)
    left.set(xscale="log", xlabel="steps", ylabel="distance from the start")
    _plain(left.xaxis)
    left.legend(title=None, loc="upper left")
    sns.pointplot(
        ways,
        x="way",
        y="accuracy",
        errorbar=("ci", 95),
        linestyle="none",
        ax=right,
        n_boot=200,
        seed=0,
    )
    # without jitter, which is drawn anew in every run
    sns.stripplot(ways, x="way", y="accuracy", color="0.5", alpha=0.6, jitter=False, ax=right)
    right.set(xlabel="", ylabel="test accuracy")
    return figure


def eigenvalues(frame: pd.DataFrame) -> Figure:
    """Draw the measured excess of the largest eigenvalue, the theorem's, and that from the noise along the top direction."""
    names = {
        "excess": "measured",
        "predicted": "theorem",
        "along": "noise along the top eigenvector",
    }
    long = frame.melt(["batch", "seed"], list(names), var_name="kind", value_name="value")
    long["kind"] = long.kind.map(names)
    figure, axes = plt.subplots()
    sns.lineplot(
        long,
        x="batch",
        y="value",
        hue="kind",
        style="kind",
        markers=True,
        errorbar=("ci", 95),
        ax=axes,
        n_boot=200,
        seed=0,
    )
    axes.set(xlabel="batch size", ylabel="excess of the largest eigenvalue")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    sns.move_legend(axes, "lower center", bbox_to_anchor=(0.5, 1), ncols=3, title=None)
    return figure


def rates(frame: pd.DataFrame) -> Figure:
    """Draw the largest stable steps against the batch, with lines of slope one and a half through the middle."""
    figure, axes = plt.subplots(1, 2, figsize=(7, 4))
    for panel, (method, rows) in zip(axes, frame.groupby("method", sort=False), strict=True):
        sns.lineplot(
            rows, x="batch", y="rate", marker="o", errorbar=("ci", 95), ax=panel, n_boot=200, seed=0
        )
        batch = np.sort(rows.batch.unique()).astype(float)
        centre = np.exp(np.log(rows.rate).mean())
        for power, style, name in ((1, "--", "∝ B"), (0.5, ":", "∝ √B")):
            panel.plot(
                batch,
                centre * (batch / np.exp(np.log(batch).mean())) ** power,
                style,
                color="0.4",
                label=name,
            )
        panel.set(title=method, xlabel="batch size $B$", ylabel="largest stable step size")
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        _plain(panel.yaxis)
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=2, loc="outside lower center")
    return figure


def _plain(axis: Axis) -> None:
    """Label 1, 2 and 5 of each decade of a logarithmic axis, in plain numbers: the axes here span one or two."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())
