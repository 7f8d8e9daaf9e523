"""Figures of bounds by semidefinite programs: each takes what the study returned, and draws."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.lines import MARKERS, lines

METHODS = {
    "sampled": "sampled (lower bound)",
    "all patterns": "all patterns",
    "one ReLU": "LipSDP, one ReLU a pair",
    "new, S and P free": "new, S and P free",
    "new": "new, S = P = 0",
    "two ReLUs": "LipSDP, two ReLUs a pair",
    "product": "product of norms",
}
NORMS = {"l2": "ℓ2", "linf": "ℓ∞"}


def _compared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the networks to which all methods were applied: means over different ones could be in another order."""
    return frame[frame.seed.isin(frame[frame.method == "two ReLUs"].seed)]


def bounds(frame: pd.DataFrame) -> Figure:
    """Draw each method's bound for each network, mean and range over networks of one size."""
    figure, both = plt.subplots(1, 2, figsize=(9.5, 4), width_ratios=(5, 3))
    for axes, (norm, name) in zip(both, NORMS.items(), strict=True):
        panel = _compared(frame[frame.norm == norm]).sort_values(["layers", "width"])
        nets = panel.net.unique()
        for i, (method, label) in enumerate(METHODS.items()):
            rows = panel[panel.method == method].groupby("net").bound
            middle, low, high = rows.mean(), rows.min(), rows.max()
            x = [list(nets).index(n) + (i - len(METHODS) / 2) * 0.09 for n in middle.index]
            axes.errorbar(x, middle, (middle - low, high - middle), fmt=MARKERS[i], ms=5,
                          linewidth=1.2, label=label)  # fmt: skip
        axes.set(xlabel="network", ylabel=f"Lipschitz constant, {name}", yscale="log")
        axes.set_xticks(range(len(nets)), nets, rotation=30)
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize="small")
    return figure


def depth(frame: pd.DataFrame) -> Figure:
    """Draw the product of norms over each method's bound against depth, at the widest that all methods can do."""
    rows = _compared(frame[frame.width == frame[frame.method == "two ReLUs"].width.max()])
    product = rows[rows.method == "product"].set_index(["net", "seed"]).bound.rename("product")
    rows = rows.join(product, on=["net", "seed"])
    figure, axes = plt.subplots(figsize=(6.5, 4))
    shown = ("sampled", "one ReLU", "new", "two ReLUs")
    rows = pd.concat(rows[rows.method == m].assign(name=METHODS[m]) for m in shown)
    rows["gap"] = rows["product"] / rows.bound
    lines(axes, rows, "layers", "gap", "name", markers=True, yscale="log",
          xlabel="layers", ylabel="product of norms over bound")  # fmt: skip
    axes.axhline(1, color="0.5", linewidth=0.8)
    axes.set_xticks(sorted(rows.layers.unique()))
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure
