"""Figures of local Lipschitz constants."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from redrawn.studies.lines import lines

ORDER = ("global", "IBP", "RecurJac", "ours", "ours + BaB", "sampled", "exact")
"""The exact constant last: where it is missing, the others keep their colours."""
RADIUS = "radius ε of the box"


def _panels(frame: pd.DataFrame, by: str, x: str, y: str, panels: dict[str, tuple]) -> Figure:
    """Draw a panel for each {value of the column `by`: (title, label along, scale along)}."""
    figure, both = plt.subplots(1, len(panels), figsize=(9.5, 4.2), layout="constrained")
    means = frame.groupby([by, x, "method", "seed"], as_index=False)[y].mean()
    means = means.sort_values("method", key=lambda names: names.map(ORDER.index), kind="stable")
    for axes, (name, (title, label, scale)) in zip(both, panels.items(), strict=True):
        options = {"title": title, "xlabel": label, "xscale": scale, "yscale": "log"}
        lines(axes, means[means[by] == name], x, y, "method", markers=True, **options)
        ticks = sorted(frame[frame[by] == name][x].unique())
        axes.set_xticks(ticks, [f"{t:.2g}" if t < 1 else str(t) for t in ticks])
        axes.xaxis.minorticks_off()
    handles = {
        text: line
        for axes in both
        for line, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=len(handles), fontsize="small"
    )
    return figure


def ladder(frame: pd.DataFrame) -> Figure:
    """Draw the constants over the largest sampled gradient's norm, against the radius of the box; a panel a set of data."""
    keys = ["data", "seed", "radius", "input"]
    floor = frame[frame.method == "sampled"][[*keys, "constant"]]
    shown = frame.merge(floor, on=keys, suffixes=("", "_sampled"))
    shown["over"] = shown.constant / shown.constant_sampled
    panels = {
        "random-k": ("synthetic data, 16–16–16–10", RADIUS, "log"),
        "digits": ("digits, 784–20–20–10", RADIUS, "log"),
    }
    figure = _panels(shown, "data", "radius", "over", panels)
    figure.axes[0].set_ylabel("constant over largest sampled gradient")
    return figure


def sizes(frame: pd.DataFrame) -> Figure:
    """Draw the constants against width and depth of the network."""
    panels = {
        "width": ("two hidden layers", "units a hidden layer", "log"),
        "depth": ("32 units a hidden layer", "layers with weights", "linear"),
    }
    figure = _panels(frame, "sweep", "size", "constant", panels)
    figure.axes[0].set_ylabel("local Lipschitz constant, ‖·‖∞")
    return figure
