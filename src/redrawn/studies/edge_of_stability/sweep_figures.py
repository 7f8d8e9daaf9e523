"""Figures of end states against a step size, a penalty or a method."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.lines import lines


def stable(frame: pd.DataFrame) -> Figure:
    """Draw traces with their bound, and norms, against the step size; `network` names the lines."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.8))
    for axes, (column, label) in zip(
        two,
        {"trace": "trace of the Hessian", "norm": "norm of the parameters"}.items(),
        strict=True,
    ):
        lines(axes, frame, "step_size", column, "network", markers=True)
        axes.set(xlabel="step size η", ylabel=label, xscale="log", yscale="log")
        axes.set_xticks(
            [0.005, 0.01, 0.02, 0.05, 0.1], labels=["0.005", "0.01", "0.02", "0.05", "0.1"]
        )
        axes.minorticks_off()
    steps = np.geomspace(frame.step_size.min(), frame.step_size.max(), 50)
    two[0].plot(steps, 2 / steps, color="0.3", linewidth=1, label="2/η")
    two[1].set_yscale("linear")
    figure.legend(*two[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def warm_up(frame: pd.DataFrame, largest: pd.DataFrame, momentum: float) -> Figure:
    """Draw final loss against the rate, and the sharpness at the start and after warm-up at the largest rate that trains."""
    figure, two = plt.subplots(1, 2, figsize=(8, 4.2))
    shown = frame.assign(rate=2.0**frame.exponent, loss=frame.loss.clip(upper=4))
    lines(two[0], shown, "rate", "loss", "way", markers=True)
    two[0].set(xscale="log", xlabel="learning rate", ylabel="final loss (nats; cut at 4)")
    largest = largest.set_index("way").loc[list(frame.way.unique())].reset_index()
    _each(two[1], largest)
    two[1].set_ylabel("sharpness λ₁")
    two[1].set_yscale("log")
    for place, (_, rows) in enumerate(largest.groupby("way", sort=False)):
        limit = 2 * (1 + momentum) / 2.0 ** rows.exponent.mean()
        two[1].hlines(limit, place - 0.35, place + 0.35, color="0.3", linewidth=1.5)
    figure.legend(*two[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _each(axes, largest: pd.DataFrame) -> None:
    names = []
    for place, (name, rows) in enumerate(largest.groupby("way", sort=False)):
        for shift, marker, column in ((-0.15, "o", "start"), (0.15, "D", "early")):
            axes.plot(
                np.full(len(rows), place + shift),
                10 ** rows[column],
                marker,
                ms=5,
                color=f"C{int(shift > 0)}",
            )
        names.append(name)
    axes.set_xticks(range(len(names)), labels=names, rotation=35, ha="right")


def norms(frame: pd.DataFrame, network: pd.DataFrame) -> Figure:
    """Draw L1 norms of solutions against the penalty, and the share of weights by size in the perceptron."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.8), width_ratios=(3, 2))
    lines(two[0], frame, "penalty", "norm", "method", markers=True)
    two[0].set(xscale="log", xlabel="penalty λ", ylabel="L1 norm of the solution")
    two[0].legend()
    for place, (_, rows) in enumerate(network.groupby("method", sort=False)):
        two[1].plot(
            np.full(len(rows), place - 0.1),
            rows.zeros,
            "o",
            color="C0",
            label="exactly zero" if place == 0 else None,
        )
        two[1].plot(
            np.full(len(rows), place + 0.1),
            rows.small,
            "D",
            color="C1",
            label="below ηλ" if place == 0 else None,
        )
    two[1].set_xticks([0, 1], labels=network.method.unique())
    two[1].set(ylabel="share of the perceptron's weights", xlim=(-0.5, 1.5), ylim=(-0.05, 1.25))
    two[1].legend(loc="upper center", ncols=2, fontsize="small")
    return figure


def rich(frame: pd.DataFrame) -> Figure:
    """Draw the shrinkage of the effective scale, and the distance to the truth, by method, a dot a seed."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.6))
    labels = {"shrinkage": "mean change of log |u v|", "distance": "distance to the sparse truth"}
    names = list(frame.method.unique())
    for axes, (column, label) in zip(two, labels.items(), strict=True):
        for _, rows in frame.groupby("seed"):
            axes.plot(range(len(names)), rows[column], color="0.6", marker="o", ms=4, linewidth=1)
        axes.plot(
            range(len(names)),
            frame.groupby("method", sort=False)[column].mean(),
            color="C3",
            marker="D",
            linewidth=2.5,
        )
        axes.set_xticks(range(len(names)), labels=names, rotation=30, ha="right")
        axes.set_ylabel(label)
    return figure
