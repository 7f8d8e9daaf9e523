"""The chapter's figures: each takes what a study returned, and draws."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.grokking import corruption, lazy, lazy_curves

PANELS = {"perp": "⊥AdamW", "stablemax": "StableMax", "float64": "cross-entropy, float64 softmax"}
STYLES = {"train": "--", "test": "-", "corrupted": ":", "clean": "-."}
LINES = ("-", "--", "-.", ":")


def _band(axes, frame: pd.DataFrame, x: str, y: str, style: str, label: str, scale: float = 1):
    """Draw mean and range over seeds."""
    found = (frame.set_index(x)[y] * scale).groupby(level=0).agg(["mean", "min", "max"])
    (line,) = axes.plot(found.index, found["mean"], linestyle=style, label=label)
    axes.fill_between(found.index, found["min"], found["max"], color=line.get_color(), alpha=0.2)


def _legend(figure: Figure, axes) -> None:
    """Put the legend of one panel below all of them, where it crosses no line."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))


def accuracy(frame: pd.DataFrame) -> Figure:
    """Draw accuracy against epoch for the original's three panels."""
    figure, both = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True)
    for axes, (method, title) in zip(both, PANELS.items(), strict=True):
        rows = frame[frame.method == method]
        for name in ("train", "test"):
            _band(axes, rows, "epoch", name, STYLES[name], name, 100)
        axes.set(xlabel="epoch", title=title, ylim=(-3, 103))
    both[0].set_ylabel("accuracy (%)")
    _legend(figure, both[0])
    return figure


def collapse(frame: pd.DataFrame) -> Figure:
    """Draw collapsed share, test accuracy and the output layer's cosine, cross-entropy by precision."""
    figure, three = plt.subplots(1, 3, figsize=(9.5, 3.2))
    quantities = {"collapsed": "collapsed samples (%)", "test": "test accuracy (%)",
                  "cosine": "cosine of descent and weights"}  # fmt: skip
    for axes, (column, label) in zip(three, quantities.items(), strict=True):
        for style, method in zip(LINES, ("float16", "float32", "float64"), strict=False):
            rows = frame[frame.method == method]
            _band(axes, rows, "epoch", column, style, method, 1 if column == "cosine" else 100)
        axes.set(xlabel="epoch", title=label)
    _legend(figure, three[0])
    return figure


def corrupted_training(frame: pd.DataFrame) -> Figure:
    """Draw accuracies against step, one panel a weight decay."""
    figure, four = plt.subplots(1, 4, figsize=(10, 3.2), sharey=True)
    for axes, (decay, rows) in zip(four, frame.groupby("decay"), strict=True):
        for name in ("train", "test", "corrupted"):
            _band(axes, rows, "step", name, STYLES[name], name, 100)
        axes.set(xlabel="step of AdamW", title=f"weight decay {decay:g}", ylim=(-3, 103))
    four[0].set_ylabel("accuracy (%)")
    _legend(figure, four[0])
    return figure


def pruning(frame: pd.DataFrame, ratios: pd.DataFrame) -> Figure:
    """Draw accuracies against the pruned share by order, and the ratios' distribution."""
    figure, four = plt.subplots(1, 4, figsize=(11, 3.2))
    for axes, order in zip(four, corruption.ORDERS, strict=False):
        rows = frame[frame.order == order].assign(percent=lambda f: 100 * f["share"])
        for name in ("train", "test", "corrupted"):
            _band(axes, rows, "percent", name, STYLES[name], name, 100)
        axes.set(xlabel="neurons pruned (%)", title=order, ylim=(-3, 103))
    four[0].set_ylabel("accuracy (%)")
    four[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1.12), ncols=3, fontsize="small")
    shown = {decay: ratios[ratios.decay == decay].ipr for decay in (0.0, 15.0)}
    for style, (decay, values) in zip(("-", "--"), shown.items(), strict=True):
        four[3].hist(values, bins=30, range=(0, 1), density=True, histtype="step",
                     linestyle=style, linewidth=1.8, label=f"decay {decay:g}")  # fmt: skip
    four[3].set(xlabel="inverse participation ratio", title="density of neurons")
    four[3].legend(loc="lower center", bbox_to_anchor=(0.5, 1.12), ncols=2, fontsize="small")
    return figure


def transition(frame: pd.DataFrame) -> Figure:
    """Draw losses and their terms, and norm and alignment, of the headline run against the step."""
    figure, three = plt.subplots(1, 3, figsize=(10, 3.4))
    rows = frame[(frame.name == lazy.HEADLINE) & (frame.step > 0)]
    for style, name in zip(LINES, ("train", "test"), strict=False):
        _band(three[0], rows, "step", name, style, name)
    three[0].set(ylabel="mean squared error", title="loss")
    for style, name in zip(LINES, ("size", "misaligned", "linear"), strict=False):
        _band(three[1], rows, "step", name, style, name)
    three[1].set(title="terms of the test loss")
    start = frame[(frame.name == lazy.HEADLINE) & (frame.step == 0)].set_index("seed").norm
    grown = rows.assign(grown=rows.norm / rows.seed.map(start))
    _band(three[2], grown, "step", "grown", "-", "norm over initial")
    _band(three[2], grown, "step", "alignment", "--", "kernel alignment")
    three[2].set(title="weights and kernel")
    for axes in three:
        axes.set(xlabel="step", xscale="log")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.27), fontsize="small")
    return figure


def sweeps(frame: pd.DataFrame) -> Figure:
    """Draw train (faint) and test loss over their initial values, by α and by ε."""
    figure, both = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    names = ((*lazy.SCALES, "α = 1000"), ("α = 1", *lazy.EPSILONS[1:]))
    for axes, group in zip(both, names, strict=True):
        for style, name in zip(LINES, group, strict=False):
            rows = frame[frame.name == name]
            steps = sorted(rows.step.unique())
            test, train = (lazy_curves.series(frame, name, column) for column in ("test", "train"))
            label = "ε = 0.25" if group is names[1] and name == "α = 1" else name
            (line,) = axes.plot(steps[1:], (test / test[:, :1]).mean(0)[1:], style, label=label)
            axes.plot(steps[1:], (train / train[:, :1]).mean(0)[1:], style,
                      color=line.get_color(), alpha=0.35, linewidth=1)  # fmt: skip
        axes.set(xlabel="step", xscale="log", yscale="log", ylim=(1e-4, 3))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize="small")
    both[0].set(ylabel="loss over initial", title="output scale, ε = 0.25")
    both[1].set_title("quadratic part, α = 1")
    return figure
