"""The chapter's figures: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.figure import Figure

from redrawn.studies.low_rank_bias.incremental import FEW, SCALES, name

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))


def _mean(axes, frame: pd.DataFrame, x: str, y: str, by: str, logarithmic: bool = False) -> None:
    """Draw the mean (geometric on a logarithmic axis) and the range over seeds of each series."""
    for style, (label, rows) in zip(LINES, frame.groupby(by, sort=False), strict=False):
        groups = rows.groupby(x)[y]
        middle = np.exp(np.log(rows[y]).groupby(rows[x]).mean()) if logarithmic else groups.mean()
        (line,) = axes.plot(middle.index, middle, linestyle=style, label=label)
        axes.fill_between(
            middle.index, groups.min(), groups.max(), color=line.get_color(), alpha=0.2
        )


def incremental(frame: pd.DataFrame) -> Figure:
    """Draw the distances to the best solutions and the effective rank: full width above, few columns below."""
    figure, grid = plt.subplots(2, 2, figsize=(8, 6.2), sharex=True)
    starts = {f"all columns, {name(SCALES[-1])}": name(SCALES[-1])}
    starts |= {f"{FEW} columns, {name(1e-3)}": f"{FEW} columns"}
    ranks = [c for c in frame.columns if c.startswith("rank ")]
    for (title, start), (left, right) in zip(starts.items(), grid, strict=True):
        rows = frame[frame.start == start]
        one = rows[rows.seed == 0]
        for style, column in zip(LINES, ranks, strict=False):
            label = f"{column}, the truth" if column == ranks[-1] else column
            left.plot(one.step, one[column], linestyle=style, label=label)
        left.set(yscale="log", ylabel="distance to best of rank s", title=title)
        for s in range(1, len(ranks) + 1):
            right.axhline(s, color="0.85", linewidth=1)
        for seed, part in rows.groupby("seed"):
            right.plot(part.step, part.effective, color="C0", alpha=1 if seed == 0 else 0.3)
            if seed == 0:
                right.plot(part.step, part.numerical, color="C1", linestyle="--")
        right.plot([], [], color="C0", label="exp of the entropy (all seeds)")
        right.plot([], [], color="C1", linestyle="--", label="eigenvalues > 1/20 of the largest")
        right.set(ylabel="effective rank", ylim=(0, len(ranks) + 2), title=title)
    grid[1, 0].legend(fontsize="small", loc="lower left")
    grid[0, 1].legend(fontsize="small", loc="upper right")
    for axes in grid[1]:
        axes.set_xlabel("iteration")
    return figure


def scales(found: pd.DataFrame) -> Figure:
    """Draw the smallest distance to each rank's best solution against the size of the start."""
    figure, axes = plt.subplots(figsize=(6, 3.8))
    rows = found[found.start.isin([name(a) for a in SCALES])].copy()
    rows["alpha"] = rows.start.map({name(a): a for a in SCALES})
    _mean(axes, rows, "alpha", "distance", "name", True)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="size α of the start",
        ylabel="smallest distance on the way",
    )
    axes.legend(fontsize="small")
    return figure


def components(frame: pd.DataFrame) -> Figure:
    """Draw the largest norms of local components against the iteration, by start."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True)
    for axes, (start, rows) in zip(both, frame.groupby("start", sort=False), strict=True):
        one = rows[rows.seed == 0]
        for style, k in zip(LINES, range(1, 7), strict=True):
            axes.plot(one.step, one[f"norm {k}"], linestyle=style, label=f"component {k}")
        axes.set(title=start, xlabel="iteration")
    both[0].set_ylabel("norm of local component")
    both[0].legend(fontsize="small", ncols=2, loc="upper left", bbox_to_anchor=(0, -0.18))
    return figure


def locality(frame: pd.DataFrame) -> Figure:
    """Draw accuracy and the alignment of the patch's gradients, near and far, with and without the regulariser."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.5))
    titles = {"accuracy": "accuracy (%)", "alignment": "alignment of gradients"}
    for axes, (column, title) in zip(both, titles.items(), strict=True):
        for j, (regularised, rows) in enumerate(frame.groupby("regularised")):
            x = rows.gap.map({"near": 0, "far": 1}) + 0.2 * j - 0.1
            label = "with regulariser" if regularised else "without"
            axes.plot(x, rows[column], "os"[j], label=label, alpha=0.8)
        axes.set(
            xticks=[0, 1], xticklabels=["side by side", "far apart"], ylabel=title, xlim=(-0.5, 1.5)
        )
    both[1].legend(fontsize="small")
    return figure


def tubal_phases(frame: pd.DataFrame) -> Figure:
    """Draw the angle, the test error and the training error of every seed."""
    figure, axes = plt.subplots()
    names = {
        "angle": "angle to power method's subspace",
        "test": "test error",
        "train": "residual of the data",
    }
    for j, (style, (column, label)) in enumerate(zip(LINES, names.items(), strict=False)):
        for seed, rows in frame.groupby("seed"):
            axes.plot(rows.step, rows[column], linestyle=style, color=f"C{j}",
                      alpha=1 if seed == 0 else 0.35, label=label if seed == 0 else None)  # fmt: skip
    axes.set(xlabel="iteration", ylabel="relative error, or angle", ylim=(0, 1.05))
    axes.legend(fontsize="small")
    return figure


def tubal_scales(frame: pd.DataFrame) -> Figure:
    """Draw the test error and the tubal rank against the iteration, by size of the start."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.8))
    _mean(both[0], frame, "step", "test", "start", True)
    _mean(both[1], frame, "step", "rank", "start")
    both[0].set(yscale="log", xlabel="iteration", ylabel="test error")
    both[1].set(xlabel="iteration", ylabel="tubal rank (> 1/20 of the largest)")
    both[0].legend(fontsize="small")
    return figure


def tubal_photograph(frame: pd.DataFrame) -> Figure:
    """Draw the distances to the best approximations of each tubal rank, and the tubal rank, by start."""
    figure, grid = plt.subplots(2, 2, figsize=(8, 6.2), sharex=True)
    ranks = [c for c in frame.columns if c.startswith("rank ")]
    for (start, rows), (left, right) in zip(frame.groupby("start", sort=False), grid, strict=True):
        one = rows[rows.seed == 0]
        for style, column in zip(LINES, ranks, strict=False):
            left.plot(one.step, one[column], linestyle=style, label=f"tubal {column}")
        left.set(yscale="log", ylabel="distance to best of rank s", title=start)
        left.yaxis.set_minor_formatter(ticker.NullFormatter())
        left.set_ylim(one[ranks].min().min() / 2, 2 * one[ranks].max().max())
        right.yaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        for seed, part in rows.groupby("seed"):
            right.plot(part.step, part["rank"], color="C0", alpha=1 if seed == 0 else 0.3)
        right.set(ylabel="tubal rank", ylim=(0, None), title=start)
    grid[0, 0].legend(fontsize="small")
    for axes in grid[1]:
        axes.set_xlabel("iteration")
    return figure


def double_limit(frame: pd.DataFrame) -> Figure:
    """Draw the distance to the convex programme of weight 1/α against the size of the start, by ratio of rates."""
    figure, both = plt.subplots(1, 2, figsize=(8, 3.9), sharey=True)
    titles = {"circulant": "circulant: all commute", "random": "random: they do not"}
    for axes, (matrices, title) in zip(both, titles.items(), strict=True):
        rows = frame[(frame.weight == "1/α") & (frame.matrices == matrices)]
        rows = rows.assign(series=[f"α = {a:.3g}" for a in rows.ratio])
        _mean(axes, rows, "start", "distance", "series", True)
        axes.set(xscale="log", yscale="log", xlabel="size γ of the start", title=title)
    both[0].set_ylabel("relative distance")
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def double_rates(frame: pd.DataFrame, n: int) -> Figure:
    """Draw the error of recovery against the ratio of rates."""
    figure, axes = plt.subplots(figsize=(6.5, 3.8))
    rows = frame.assign(series=[
        f"rank {r}, {100 * p:.0f} % corrupted" for r, p in zip(frame["rank"], frame["share"], strict=True)
    ])  # fmt: skip
    _mean(axes, rows, "ratio", "error", "series", True)
    axes.axvline(n**0.5, color="0.6", linewidth=1)
    axes.text(n**0.5 * 1.03, 0.02, "√n", transform=axes.get_xaxis_transform(), color="0.3")
    axes.set(
        xscale="log", yscale="log", xlabel="ratio α of the learning rates", ylabel="relative error"
    )
    axes.legend(fontsize="small")
    return figure


def learning_curves(frame: pd.DataFrame) -> Figure:
    """Draw PSNR against the step, a panel a noise level."""
    height = (frame.level.nunique() + 1) // 2
    figure, grid = plt.subplots(
        height, 2, figsize=(8, 3.2 * height + 0.6), sharex=True, sharey=True, squeeze=False
    )
    for axes, (level, rows) in zip(grid.flat, frame.groupby("level"), strict=True):
        _mean(axes, rows, "step", "psnr", "method")
        axes.set(title=f"{100 * level:.0f} % of pixels replaced")
    for axes in grid[-1]:
        axes.set_xlabel("step")
    for axes in grid[:, 0]:
        axes.set_ylabel("PSNR (dB)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def denoised(pictures: dict) -> Figure:
    """Draw noisy and restored pictures: a row a noise level."""
    methods = list(dict.fromkeys(method for method, _ in pictures))
    levels = list(dict.fromkeys(level for _, level in pictures))
    figure, grid = plt.subplots(len(levels), len(methods), figsize=(7, 2.3 * len(levels)))
    for level, row in zip(levels, grid, strict=True):
        for method, axes in zip(methods, row, strict=True):
            axes.imshow(pictures[method, level], cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            if level == levels[0]:
                axes.set_title(f"{method}, end" if method != "noisy" else method)
        row[0].set_ylabel(f"{100 * level:.0f} %")
    return figure


def bures_depth(frame: pd.DataFrame, found: pd.DataFrame) -> Figure:
    """Draw the excess loss against time with its bound, and the rate against depth."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8))
    rows = frame[(frame.seed == 0) & (frame.tau == frame.tau.min())]
    for style, (depth, part) in zip(LINES, rows.groupby("depth"), strict=False):
        (line,) = left.plot(part.time * depth, part.excess, linestyle=style, label=f"depth {depth}")
        left.plot(part.time * depth, part.bound, color=line.get_color(), linewidth=0.8, alpha=0.6)
    left.set(
        yscale="log", ylim=(1e-7, None), xlabel="time × depth", ylabel="loss above its minimum"
    )
    left.legend(fontsize="small")
    series = found.assign(series=[f"τ = {t:g}" for t in found.tau])
    _mean(right, series, "depth", "rate", "series")
    right.set(xlabel="depth", ylabel="decades a unit of time")
    right.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    right.legend(fontsize="small")
    return figure


def curvature(found: pd.DataFrame) -> Figure:
    """Draw the Hessian's largest absolute eigenvalue against the smallest singular value."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    _mean(axes, found, "singular", "curvature", "loss", True)
    axes.set(xscale="log", yscale="log", xlabel="smallest singular value of W",
             ylabel="largest |eigenvalue| of the Hessian")  # fmt: skip
    axes.legend()
    return figure
