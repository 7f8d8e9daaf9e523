"""Figures that show curves and distributions: each takes what a study returned, and draws."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.studies.attribution.cams import LAYERS
from redrawn.studies.lines import MARKERS, STYLES, lines


def steps(frame: pd.DataFrame) -> Figure:
    """Draw the gap of completeness against the number of steps, by network; a line at 5 %."""
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    rows = frame[frame.method == "IG"]
    lines(axes, rows, "steps", "gap", "network", markers=True)
    axes.axhline(0.05, color="0.4", linewidth=1)
    axes.text(
        1, 0.053, "5 %", transform=axes.get_yaxis_transform(), ha="right", va="bottom", color="0.3"
    )
    axes.set(xscale="log", yscale="log", xlabel="steps", ylabel="gap over change in score")
    axes.set_xticks(sorted(rows.steps.unique()), labels=sorted(rows.steps.unique()), minor=False)
    axes.minorticks_off()
    axes.legend()
    return figure


def perturbation(frame: pd.DataFrame) -> Figure:
    """Draw the change of the probability against the share of least salient pixels that turned black."""
    figure, axes = plt.subplots(figsize=(6.5, 3.8))
    shares = frame.assign(percent=100 * frame.share)
    lines(axes, shares, "percent", "change", "method", markers=True, spread=False)
    axes.set(
        xscale="log",
        xlabel="least salient pixels turned black (%)",
        ylabel="relative change of probability",
    )
    ticks = sorted(100 * frame.share.unique())
    axes.set_xticks(ticks, labels=[f"{t:g}" for t in ticks])
    axes.minorticks_off()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def paired(frame: pd.DataFrame, pairs: dict[str, tuple[str, str]], label: str) -> Figure:
    """Draw one line a photograph from the first method's area to the second's, in a panel for each pair."""
    figure, many = plt.subplots(1, len(pairs), figsize=(8, 3.4), sharey=True)
    areas = frame.pivot(index="photo", columns="method", values="area")
    for axes, (title, (a, b)) in zip(many, pairs.items(), strict=True):
        axes.plot([0, 1], areas[[a, b]].to_numpy().T, color="0.6", marker="o", ms=4, linewidth=1)
        axes.plot([0, 1], areas[[a, b]].mean(), color="C3", marker="D", linewidth=2.5)
        axes.set(title=title, xlim=(-0.3, 1.3))
        axes.set_xticks([0, 1], labels=[n.split(",")[0] for n in (a, b)])
    many[0].set_ylabel(label)
    return figure


def axioms(photos: pd.DataFrame, heads: pd.DataFrame) -> Figure:
    """Draw both axioms' errors of each method, on photographs and on digits."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True)
    subjects = {"photographs, SqueezeNet": photos, "digits, two full connections": heads}
    for axes, column in zip(two, ("conservation", "sensitivity"), strict=True):
        for shift, marker, (label, frame) in zip(
            (-0.12, 0.12), "os", subjects.items(), strict=True
        ):
            for place, (_, rows) in enumerate(frame.groupby("method")):
                axes.plot(np.full(len(rows), place + shift), rows[column], marker, ms=5,
                          color=f"C{int(shift > 0)}", label=label if place == 0 else None)  # fmt: skip
        axes.set(title=column, yscale="log")
        axes.set_xticks(range(3), labels=["Grad-CAM", "Grad-\nCAM++", "XGrad-\nCAM"])
    two[0].set_ylabel("relative error")
    figure.legend(*two[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def attack(frame: pd.DataFrame) -> Figure:
    """Draw overlap and distance of maps before and after the attack, against its radius."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.8))
    labels = {"overlap": "overlap of the largest 40 %", "distance": "distance of normalised maps"}
    for axes, (column, label) in zip(two, labels.items(), strict=True):
        lines(axes, frame, "radius", column, "method", markers=True)
        axes.set(xlabel="radius of the attack", ylabel=label)
    figure.legend(*two[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def layers(frame: pd.DataFrame) -> Figure:
    """Draw insertion scores by layer for NormGrad and Grad-CAM, and NormGrad's combination of layers."""
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    means = frame.groupby("method").area.agg(["mean", "sem"])
    for style, marker, method in zip(STYLES, MARKERS, ("NormGrad", "Grad-CAM"), strict=False):
        rows = means.loc[[f"{method} fire{i}" for i in LAYERS]]
        axes.errorbar(
            LAYERS,
            rows["mean"],
            rows["sem"],
            linestyle=style,
            marker=marker,
            capsize=3,
            label=method,
        )
    axes.axhline(
        means.loc["NormGrad combined", "mean"],
        color="0.4",
        linestyle=":",
        label="NormGrad, product of layers",
    )
    axes.set_xticks(LAYERS, labels=[f"fire{i}" for i in LAYERS])
    axes.set(xlabel="layer", ylabel="insertion score")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def priors(convergence: pd.DataFrame, digits: pd.DataFrame) -> Figure:
    """Draw the dependence on the forbidden feature against epochs, and accuracy against noise."""
    figure, two = plt.subplots(1, 2, figsize=(8, 3.6))
    for style, (name, rows) in zip(STYLES, convergence.groupby("prior", sort=False), strict=False):
        two[0].plot(rows.groupby("epoch").dependence.mean(), linestyle=style, label=name)
    two[0].set(xlabel="epoch", ylabel="dependence on x₂ over that on x₁")
    two[0].legend()
    noisy = digits.assign(percent=100 * digits.noise)
    lines(two[1], noisy, "percent", "accuracy", "prior", markers=True)
    two[1].set(xlabel="salt and pepper (% of pixels)", ylabel="accuracy on unseen digits")
    two[1].legend()
    return figure


def distances(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw the densities of distances between explanations: both models right, exactly one right."""
    figure, many = plt.subplots(1, len(sets), figsize=(9, 3.2), sharey=True)
    for axes, (kind, both) in zip(many, sets.items(), strict=True):
        for style, label, values in zip(STYLES, ("both right", "one right"), both, strict=False):
            axes.hist(values, bins=25, range=(0.5, 1), density=True, histtype="step", linestyle=style,
                      linewidth=1.8, label=label)  # fmt: skip
        axes.set(title=f"{kind} wrong labels" if kind.endswith("%") else kind, xlabel="distance")
    many[0].set_ylabel("density")
    figure.legend(*many[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def distance_table(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Return the numbers behind the densities, (kind, set, distance)."""
    rows = [
        pd.DataFrame({"distance": values}).assign(kind=kind, set=name)
        for kind, both in sets.items()
        for name, values in zip(("both right", "one right"), both, strict=True)
    ]
    return pd.concat(rows, ignore_index=True)
