"""Figures of weight decay and step sizes in two regimes, and of two scaling curves."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure


def regimes(frame: pd.DataFrame, rate: float) -> Figure:
    """Draw losses with and without decay by kind of data, and losses on the stream by step size."""
    figure, (left, right) = plt.subplots(2, 1, figsize=(7, 7.6))
    same = frame[frame.rate == rate].assign(
        decay=lambda f: f.decay.map(lambda d: f"decay {d:g}"),
        data=lambda f: f.data.map(lambda d: f"{d} text"),
    )
    sns.pointplot(
        same, x="data", y="loss", hue="decay", dodge=0.2, linestyle="none", errorbar="sd", ax=left
    )
    left.set(xlabel="", ylabel="loss on unseen text (nats)")
    sns.move_legend(left, "lower center", bbox_to_anchor=(0.5, 1), ncols=2, title=None)
    stream = frame[(frame.data == "stream") & (frame.decay == 0)]
    sns.lineplot(stream, x="rate", y="loss", marker="o", errorbar="sd", ax=right)
    right.axhline(stream.start.mean(), color="0.4", ls="--", lw=1.2)
    right.text(stream.rate.min(), stream.start.mean() * 1.04, "at the start", color="0.3")
    right.set(
        xscale="log",
        yscale="log",
        xlabel="step size, text read once",
        ylabel="loss on unseen text (nats)",
    )
    return figure


def crossover(frame: pd.DataFrame) -> Figure:
    """Draw sampled losses and exact expectations of both recipes against size, a panel for each growth of data."""
    figure, axes = plt.subplots(1, 2, figsize=(7, 4.2), sharey=True)
    titles = {1.0: "data ∝ size", 1.5: "data ∝ size$^{1.5}$"}
    palette = sns.color_palette("colorblind", 2)
    for panel, (growth, rows) in zip(axes, frame.groupby("growth"), strict=True):
        for (recipe, part), colour, marker in zip(
            rows.groupby("recipe", sort=False), palette, "os", strict=True
        ):
            mean = part.groupby("size")[["loss", "expected"]].mean()
            panel.plot(mean.index, mean.expected, color=colour, label=f"{recipe} step, exact")
            panel.plot(
                mean.index,
                mean.loss,
                marker,
                color=colour,
                mfc="white",
                label=f"{recipe} step, sampled",
            )
        panel.set(title=titles[growth], xlabel="size: features seen")
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
    axes[0].set_ylabel("final loss")
    figure.legend(*axes[0].get_legend_handles_labels(), ncols=2, loc="outside lower center")
    return figure
