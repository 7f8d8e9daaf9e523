"""Figures of rates: gradient norms, gaps and regret against steps, samples and rounds, on logarithmic axes."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.figure import Figure

from redrawn.studies.adaptive_optimizers.marks import below, power
from redrawn.studies.lines import lines

LOG = {"xscale": "log", "yscale": "log"}


def affine_rates(far: pd.DataFrame, parabola: pd.DataFrame) -> Figure:
    """Draw mean gradient norms against the number of steps, from afar and on the parabola with its closed form."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4))
    lines(left, far, "steps", "norm", "method", **LOG, title="cosh x − x², from afar")
    power(left, far.steps, far.norm.max(), -0.25, "slope −1/4")
    lines(right, parabola, "steps", "norm", "method", **LOG, title="parabola, stationary")
    steps = np.sort(parabola.steps.unique())
    # E|x| of a Gaussian of variance ησ/2 with η = ε²/2 and 4ε⁻⁴ steps
    exact = np.sqrt(2 / np.pi) * np.sqrt((4 / steps) ** 0.5 / 4)
    right.plot(steps, exact, color="0.4", linewidth=1, linestyle=":", label="closed form")
    for axes in (left, right):
        axes.set_xlabel("steps, 4/ε⁴")
        below(axes, ncols=1)
    left.set_ylabel("mean gradient norm")
    return figure


def symmetric_rates(counts: pd.DataFrame, well: pd.DataFrame) -> Figure:
    """Draw the steps to an accuracy with their bound, and gradient norms against samples."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4.2))
    names = {beta: f"β = {name}" for beta, name in zip(sorted(counts.beta.unique()), ("2/3", "1"), strict=True)}  # fmt: skip
    counts = counts.assign(
        inverse=1 / counts.accuracy, bound=counts.steps / counts.ratio, name=counts.beta.map(names)
    )
    lines(left, counts, "inverse", "steps", "name", **LOG, title="x⁴, ten dimensions")
    # the bound is one for all β: ε^β in the step size and in the progress of a step cancel
    bound = counts.groupby("inverse").bound.mean()
    left.plot(bound.index, bound, color="0.4", linewidth=1, linestyle=":", label="bound")
    left.set(xlabel="1/ε", ylabel="steps until ‖∇f‖ ≤ ε")
    lines(right, well, "samples", "norm", "method", **LOG, title="double well")
    for method, (exponent, label) in {
        "SPIDER": (-1 / 3, "slope −1/3"),
        "normalised SGD": (-1 / 4, "slope −1/4"),
    }.items():
        rows = well[well.method == method]
        first = rows[rows.samples == rows.samples.min()]
        power(right, rows.samples, 0.8 * first.norm.mean(), exponent, label)
    right.set(xlabel="samples of the gradient", ylabel="mean gradient norm")
    for axes in (left, right):
        below(axes)
    return figure


def step_noise(fixed: pd.DataFrame, decaying: pd.DataFrame, growing: pd.DataFrame) -> Figure:
    """Draw the gap by fixed step against decaying ones, and that of growing batches with its bound."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4.4), sharey=True)
    named = fixed.assign(name=[f"α = {a:g}" for a in fixed.rate])
    both = pd.concat([named, decaying.assign(name="α = 2/(1 + k)")])
    lines(left, both, "step", "gap", "name", **LOG, title="single samples", xlabel="step")
    lines(right, growing.assign(name="gap"), "work", "gap", "name", xscale="symlog",
          title="batches that grow")  # fmt: skip
    bound = growing.groupby("work").bound.mean()
    right.plot(bound.index, bound, color="0.4", linewidth=1, linestyle=":", label="bound")
    right.set(xlabel="sampled gradients")
    left.set_ylabel("expected gap F(w) − F*")
    below(left, ncols=3)
    below(right)
    return figure


def regret(found: pd.DataFrame, saddle: pd.DataFrame, norms) -> Figure:
    """Draw regret over its bound's leading terms, and distances to the saddle point."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4.2))
    rows = found[found.norm.isin(norms)]
    rows = rows.assign(name=[f"‖u‖ = {n:g}" for n in rows.norm])
    lines(left, rows, "rounds", "ratio", "name", **LOG, title="squared losses")
    left.set(xlabel="rounds T", ylabel="regret / (G‖u‖√T + L‖u‖²√T)")
    lines(right, saddle, "rounds", "distance", "method", **LOG, title="bilinear saddle")
    right.set(xlabel="rounds T", ylabel="distance to the saddle", ylim=(0.05, 1e3))
    power(right, saddle.rounds, 4.0, -0.5, "slope −1/2")
    below(left, ncols=3)
    below(right, ncols=1)
    return figure


def widths(scaling: pd.DataFrame, rates: pd.DataFrame) -> Figure:
    """Draw changes of features and outputs against the width, and losses against the learning rate by width."""
    figure, grid = plt.subplots(2, 2, figsize=(8.5, 7))
    for axes, column in zip(grid[0], ("features", "outputs"), strict=True):
        lines(axes, scaling, "width", column, "parametrisation", **LOG)
        axes.set(xlabel="width", ylabel=f"change of {column} (rms)")
        axes.set_xticks(sorted(scaling.width.unique()))
        axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
        axes.xaxis.set_minor_locator(ticker.NullLocator())
    for axes, (name, rows) in zip(
        grid[1], rates.groupby("parametrisation", sort=False), strict=True
    ):
        named = rows.assign(name=[f"width {w}" for w in rows.width])
        lines(axes, named, "rate", "loss", "name", **LOG, title=name)
        axes.set(xlabel="learning rate", ylabel="loss (nats)")
        below(axes)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize="small")
    return figure
