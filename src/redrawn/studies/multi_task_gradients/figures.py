"""The chapter's figures: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.methods.gradients import quadratics, two_valleys, valley
from redrawn.studies.multi_task_gradients import aggregators, scalpel, surgery

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKS = ("o", "s", "^", "D", "v")


def _band(axes, frame: pd.DataFrame, x: str, y: str, style, label: str, color=None):
    """Draw mean and range over seeds."""
    found = frame.groupby(x)[y].agg(["mean", "min", "max"])
    (line,) = axes.plot(found.index, found["mean"], linestyle=style, label=label, color=color)
    axes.fill_between(found.index, found["min"], found["max"], color=line.get_color(), alpha=0.2)


def valley_paths(frame: pd.DataFrame) -> Figure:
    """Draw the landscape, its two parts, and the paths of both optimisers on it."""
    figure, grid = plt.subplots(2, 3, figsize=(8, 6), sharex=True, sharey=True)
    x, y = np.meshgrid(np.linspace(-5, 5, 161), np.linspace(-4, 7, 161))
    first, second = np.stack(np.vectorize(valley.losses)(x, y))
    surfaces = {"both tasks": first + second, "task 1": first, "task 2": second}
    surfaces |= dict.fromkeys(surgery.METHODS, first + second)
    for axes, (title, values) in zip(grid.flat, surfaces.items(), strict=False):
        levels = np.linspace(-100, 90, 20)
        drawn = axes.contourf(x, y, values, levels=levels, cmap="cividis", extend="both")
        axes.set(title=title, xlabel="θ₁", ylabel="θ₂")
        axes.label_outer()
        rows = frame[frame.method == title]
        if len(rows):
            axes.plot(rows.x, rows.y, color="white", linewidth=3.5)
            axes.plot(rows.x, rows.y, color="black", linewidth=1.5)
            ends = rows.iloc[[0, -1]]
            axes.scatter(ends.x, ends.y, c=["white", "#d55e00"], edgecolors="black", s=60, zorder=3)
    grid[0, 2].tick_params(labelbottom=True)
    grid[0, 2].set_xlabel("θ₁")
    grid[1, 2].axis("off")
    figure.colorbar(drawn, cax=grid[1, 2].inset_axes([0.35, 0.05, 0.12, 0.9]), label="loss")
    return figure


def valley_triad(frame: pd.DataFrame) -> Figure:
    """Draw the second task's loss, conflict and dominance along both paths."""
    figure, three = plt.subplots(1, 3, figsize=(10, 3.2))
    columns = {"second": "loss of task 2", "conflicts": "share of updates in conflict",
               "similarity": "similarity of magnitudes Φ"}  # fmt: skip
    for axes, (column, label) in zip(three, columns.items(), strict=True):
        for style, method in zip(LINES, surgery.METHODS, strict=False):
            rows = frame[frame.method == method].iloc[1:]
            block = rows["update"] // 10_000 * 0.01
            axes.plot(rows[column].groupby(block).median(), linestyle=style, label=method)
        axes.set(xlabel="updates (millions)", title=label)
    figure.legend(*three[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def overlaid_training(frame: pd.DataFrame) -> Figure:
    """Draw training loss, test accuracy, conflicts and condition number on overlaid digits."""
    figure, four = plt.subplots(2, 2, figsize=(7.5, 6), sharex=True)
    shown = frame.assign(accuracy=100 * frame.accuracy, conflicts=100 * frame.conflicts)
    labels = {"loss": "training loss (nats)", "accuracy": "test accuracy (%)",
              "conflicts": "steps in conflict (%)", "condition": "condition number"}  # fmt: skip
    for axes, (column, label) in zip(four.flat, labels.items(), strict=True):
        for style, method in zip(LINES, frame.method.unique(), strict=False):
            _band(axes, shown[shown.method == method], "epoch", column, style, method)
        axes.set_title(label)
    for axes in four[1]:
        axes.set_xlabel("epoch")
    four[0, 0].legend()
    return figure


def properties(frame: pd.DataFrame) -> Figure:
    """Draw each aggregator's worst violation of each property as a table with a mark."""
    worst = frame.assign(
        size=np.where(
            frame.property == aggregators.PROPERTIES[0], -frame.violation, frame.violation
        )
    )
    table = worst.groupby(["aggregator", "property"])["size"].max().unstack()
    table = table.loc[list(aggregators.PAPER), list(aggregators.PROPERTIES)]
    holds = table <= 1e-4
    marks = holds.map(lambda h: "✓" if h else "✗") + table.map(lambda v: f"  {max(v, 0):.0e}")
    figure, axes = plt.subplots(figsize=(7, 4))
    sns.heatmap(holds.astype(float), annot=marks, fmt="", cbar=False, ax=axes, linewidths=1,
                cmap=["#f3d9c9", "#cfe3f2"], vmin=0, vmax=1, annot_kws={"color": "black"})  # fmt: skip
    axes.set(xlabel="property: kept ✓ or violated ✗, and by how much", ylabel="")
    axes.tick_params(length=0)
    return figure


def trajectories(frame: pd.DataFrame) -> Figure:
    """Draw the paths of four aggregators on both problems, a row an aggregator."""
    names = list(frame.aggregator.unique())
    problems = {"EWQ": quadratics.EWQ, "CQF": quadratics.CQF}
    figure, grid = plt.subplots(len(names), 2, figsize=(7.5, 11), sharex="col", sharey="col")
    for row, name in zip(grid, names, strict=True):
        for axes, (label, problem) in zip(row, problems.items(), strict=True):
            if label == "CQF":
                front = quadratics.pareto_points(problem)
                axes.plot(*front.T, color="black", linewidth=4, alpha=0.35)
            else:
                axes.scatter([0], [0], color="black", alpha=0.35, s=70)
            rows = frame[(frame.problem == label) & (frame.aggregator == name)]
            for mark, (_, path) in zip(MARKS, rows.groupby("start"), strict=False):
                (line,) = axes.plot(path.x, path.y, linewidth=1.4)
                axes.scatter(path.x.iloc[-1], path.y.iloc[-1], marker=mark, s=35, zorder=3,
                             color=line.get_color())  # fmt: skip
            axes.set(title=f"{name}, {label}", ylabel="x₂")
    for axes in grid[-1]:
        axes.set_xlabel("x₁")
    return figure


def instance_wise(frame: pd.DataFrame) -> Figure:
    """Draw training loss and cosine to the mean gradient, each aggregator at its best learning rate."""
    figure, both = plt.subplots(1, 2, figsize=(9, 3.4))
    for style, (name, rows) in zip(LINES, frame.groupby("aggregator", sort=False), strict=False):
        label = f"{name}, rate {rows.rate.iloc[0]:g}"
        _band(both[0], rows, "epoch", "loss", style, label)
        _band(both[1], rows, "epoch", "cosine", style, label)
    both[0].set(xlabel="epoch", ylabel="training loss (nats)", yscale="log")
    both[1].set(xlabel="epoch", ylabel="cosine to the mean gradient", ylim=(-0.05, 1.05))
    both[0].legend(loc="lower left")
    return figure


def aligned_paths(frame: pd.DataFrame, updates: int) -> Figure:
    """Draw the paths in the plane of both losses, with the front and the point of equal weights."""
    figure, four = plt.subplots(2, 2, figsize=(7.5, 7), sharex=True, sharey=True)
    line = np.column_stack([np.linspace(-7, 7, 200), np.full(200, -8.3552)])
    front, _ = two_valleys.losses_and_jacobian(line)
    star, _ = two_valleys.losses_and_jacobian(np.array([[0.0, -8.3552]]))
    shown = frame[(frame.share == 0.5) & (frame["update"] <= updates)]
    for axes, (name, rows) in zip(four.flat, shown.groupby("method", sort=False), strict=True):
        axes.plot(*front.T, color="black", linewidth=4, alpha=0.35)
        axes.scatter(*star.T, marker="*", s=160, color="black", zorder=4)
        for mark, (_, path) in zip(MARKS, rows.groupby("start"), strict=True):
            (drawn,) = axes.plot(path["first"], path["second"], linewidth=1.3)
            axes.scatter(path["first"].iloc[-1], path["second"].iloc[-1], marker=mark, s=45,
                         zorder=3, color=drawn.get_color())  # fmt: skip
        axes.set(xlabel="L₁", ylabel="L₂", title=name)
        axes.label_outer()
    return figure


def bloop_noise(frame: pd.DataFrame) -> Figure:
    """Draw the distances of the mean direction to projection and mixed direction against the noise."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    names = {"projected": "to the ideal projection", "mixed": "to the mixed direction"}
    for style, (column, label) in zip(LINES, names.items(), strict=False):
        _band(axes, frame, "noise", column, style, label)
    axes.set(xlabel="noise σ of a batch's gradient, per coordinate", xscale="log",
             ylabel="distance of the mean direction")  # fmt: skip
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def bloop_fronts(noisy: pd.DataFrame, images: pd.DataFrame) -> Figure:
    """Draw main against auxiliary loss over the weights, one line a method, mean over seeds in logarithms."""
    figure, both = plt.subplots(1, 2, figsize=(10, 3.8))
    for axes, frame, scale in zip(both, (noisy, images), ("log", "linear"), strict=True):
        for style, mark, method in zip(LINES, MARKS, scalpel.METHODS, strict=True):
            rows = frame[frame.method == method].assign(main=lambda f: np.log10(f.main))
            mean = rows.groupby("weight")[["main", "auxiliary"]].mean()
            axes.plot(
                mean.auxiliary,
                10**mean.main,
                linestyle=style,
                marker=mark,
                markersize=5,
                label=method,
            )
        axes.set(xscale=scale, yscale=scale)
    both[0].set(xlabel="auxiliary loss", ylabel="main loss", title="quadratics")
    both[1].set(xlabel="logarithm of the product of spectral norms", title="digits",
                ylabel="training cross-entropy (nats)")  # fmt: skip
    both[0].legend(loc="lower left")
    return figure


def balance_bars(last: pd.DataFrame, frame: pd.DataFrame) -> Figure:
    """Draw accuracy with both views and with either missing by method, and the losses of the own heads."""
    figure, both = plt.subplots(1, 2, figsize=(10, 3.8), width_ratios=(3, 2))
    names = {"full": "both views", "left": "noisy view missing", "right": "clean view missing"}
    methods = list(frame.method.unique())
    for i, (hatch, (column, label)) in enumerate(zip(("", "//", ".."), names.items(), strict=True)):
        found = 100 * last.groupby("method")[column].agg(["mean", "std"]).loc[methods]
        at = np.arange(len(methods)) + 0.27 * (i - 1)
        both[0].bar(
            at, found["mean"], 0.25, yerr=found["std"], label=label, hatch=hatch, alpha=0.85
        )
    both[0].set(ylabel="test accuracy (%)", ylim=(0, 105), xticks=range(len(methods)))
    both[0].set_xticklabels(methods, rotation=20)
    both[0].legend(ncols=3, loc="upper center", fontsize=9, columnspacing=0.8)
    colours = sns.color_palette("colorblind")
    for colour, method in zip(colours, ("joint", "BalGrad"), strict=False):
        for style, column in (("-", "left_loss"), ("--", "right_loss")):
            view = "clean" if column == "left_loss" else "noisy"
            rows = frame[frame.method == method]
            _band(both[1], rows, "epoch", column, style, f"{method}, {view}", colour)
    both[1].set(xlabel="epoch", ylabel="loss of a view's own head (nats)", ylim=(0, None))
    both[1].legend(fontsize=9)
    return figure


def competition_features(table: pd.DataFrame) -> Figure:
    """Draw how much each class has learned of either modality against its start, and one against the other."""
    figure, both = plt.subplots(1, 2, figsize=(9, 3.8))
    first, second = table["learned"][0], table["learned"][1]
    both[0].scatter(first, second, s=30, alpha=0.7)
    both[0].plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle=":")
    both[0].set(xlabel="learned of modality 1", ylabel="learned of modality 2", aspect="equal")
    ratio = table["start"][0] / table["start"][1]
    both[1].scatter(ratio, first - second, s=30, alpha=0.7)
    both[1].axhline(0, color="grey", linewidth=1, linestyle=":")
    both[1].axvline(1, color="grey", linewidth=1, linestyle=":")
    both[1].set(xlabel="start of modality 1 over that of 2", xscale="log",
                ylabel="learned of 1 less learned of 2")  # fmt: skip
    both[1].set_xticks([0.25, 0.5, 1, 2, 4], ["¼", "½", "1", "2", "4"])
    both[1].minorticks_off()
    return figure


def competition_errors(curve: pd.DataFrame, insufficient: tuple[float, ...]) -> Figure:
    """Draw test error against the step for the joint and the single networks."""
    figure, axes = plt.subplots(figsize=(6.5, 3.8))
    for style, (name, rows) in zip(LINES, curve.groupby("network", sort=False), strict=False):
        _band(axes, rows.assign(test=100 * rows.test), "step", "test", style, name)
    for share in insufficient:
        axes.axhline(100 * share, color="grey", linewidth=1, linestyle=":")
    axes.set(xlabel="step of descent", ylabel="test error (%)", ylim=(0, 100))
    axes.legend()
    return figure
