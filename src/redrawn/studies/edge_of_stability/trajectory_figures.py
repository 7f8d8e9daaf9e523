"""Figures of runs over iterations: gradient flow solutions, and opposing signals."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

STYLES = ("-", "--", ":")


def trajectories(frame: pd.DataFrame, threshold: float) -> Figure:
    """Draw loss, sharpness and the flow solution's sharpness against iterations, a line a start."""
    figure, many = plt.subplots(3, 1, figsize=(6.5, 7), sharex=True)
    labels = {
        "loss": "loss",
        "sharpness": "sharpness",
        "flow_sharpness": "sharpness of the\ngradient flow solution",
    }
    for axes, (column, label) in zip(many, labels.items(), strict=True):
        for style, (_, rows) in zip(STYLES, frame.groupby("start"), strict=False):
            axes.plot(rows.iteration, rows[column], linestyle=style)
        axes.set_ylabel(label)
        if column != "loss":
            axes.axhline(threshold, color="0.4", linewidth=1)
            axes.text(
                1, threshold, "2/η", transform=axes.get_yaxis_transform(), ha="left", va="center"
            )
    many[0].set_yscale("log")
    many[-1].set_xlabel("iteration")
    return figure


def beyond(regression: pd.DataFrame, network: pd.DataFrame) -> Figure:
    """Draw loss and the flow solution's sharpness over 2/η for squared regression and the tanh network, a line a seed."""
    figure, grid = plt.subplots(2, 2, figsize=(8, 5.2), sharex="col")
    for column, (title, frame) in enumerate(
        {"squared regression": regression, "tanh network, digits": network}.items()
    ):
        for seed, rows in frame.groupby("seed"):
            kept = rows[rows.loss > 1e-12]
            grid[0, column].plot(kept.iteration, kept.loss, linewidth=1.2)
            grid[1, column].plot(
                rows.iteration, rows.flow_sharpness / rows.threshold, linewidth=1.2, label=seed
            )
        grid[0, column].set(title=title, yscale="log")
        grid[1, column].axhline(1, color="0.4", linewidth=1, linestyle=":")
        grid[1, column].set_xlabel("iteration")
    grid[1, 0].set_xlim(0, 60)  # nothing moves later
    grid[0, 0].set_ylabel("loss")
    grid[1, 0].set_ylabel("flow solution's\nsharpness over 2/η")
    return figure


def spike(frame: pd.DataFrame, threshold: float, real: pd.DataFrame) -> Figure:
    """Draw the model's loss, sharpness and group losses, and beside them groups of pictures about a spike."""
    figure, grid = plt.subplots(2, 2, figsize=(8, 6))
    one = frame[(frame.seed == 0) & (frame.iteration <= 160)]
    grid[0, 0].plot(one.iteration, one.loss)
    grid[0, 0].set(yscale="log", ylabel="loss", title="linear model", xlabel="iteration")
    grid[0, 1].plot(one.iteration, one.sharpness)
    grid[0, 1].axhline(threshold, color="0.4", linewidth=1)
    grid[0, 1].text(0, threshold + 1, "2/η", va="bottom")
    grid[0, 1].set(ylabel="sharpness", title="linear model", xlabel="iteration")
    late = one[one.iteration >= 70]
    for style, name in zip(STYLES, ("plus", "minus"), strict=False):
        grid[1, 0].plot(
            late.iteration, late[name], linestyle=style, linewidth=1.2, label=f"outliers, {name}"
        )
    grid[1, 0].set(xlabel="iteration", ylabel="loss of a group", title="linear model", yscale="log")
    for style, (name, rows) in zip(STYLES, real.groupby("group", sort=False), strict=False):
        grid[1, 1].plot(rows.offset, rows.loss, linestyle=style, label=name)
    grid[1, 1].axvline(0, color="0.6", linewidth=1)
    grid[1, 1].set(
        xlabel="steps after the choice of groups",
        ylabel="loss of a group",
        title="pictures of clothing",
    )
    for axes in grid[1]:
        axes.margins(y=0.3)
        axes.legend(fontsize="small", ncols=1)
    return figure


def pictures(groups: dict[str, np.ndarray]) -> Figure:
    """Draw a row of pictures for each group."""
    figure, rows = plt.subplots(2, 1, figsize=(8, 2.2))
    for axes, (name, images) in zip(rows, groups.items(), strict=True):
        apart = np.pad(images, ((0, 0), (0, 0), (0, images.shape[-1] // 4)))
        axes.imshow(np.concatenate(apart, 1), cmap="gray_r")
        axes.axis("off")
        axes.set_title(name, loc="left", fontsize="small")
    return figure
