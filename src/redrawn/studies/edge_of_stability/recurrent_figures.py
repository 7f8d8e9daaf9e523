"""The error surface of a recurrent unit with two descents, and updates until temporal order is learnt."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure


def surface(frame: pd.DataFrame, paths: pd.DataFrame) -> Figure:
    """Draw the surface from the side of its wall, and from above with the first steps of both descents."""
    figure = plt.figure(figsize=(7, 8.4))
    axes = figure.add_subplot(2, 1, 1, projection="3d")
    table = frame.pivot_table(index="w", columns="b", values="error")
    b, w = table.columns.to_numpy(), table.index.to_numpy()
    axes.plot_surface(
        w[:, None], b[None], table.to_numpy(), cmap="cividis", rcount=40, ccount=40, lw=0
    )
    axes.set(xlabel="weight $w$", ylabel="bias $b$", zlabel="error")
    axes.view_init(28, 55)
    flat = figure.add_subplot(2, 1, 2)
    mesh = flat.pcolormesh(w, b, table.to_numpy().T, shading="auto", rasterized=True)
    figure.colorbar(mesh, ax=flat, label="error")
    for (method, rows), (colour, style) in zip(
        paths.groupby("method", sort=False), (("#ffffff", "-"), ("#e8601c", "--")), strict=True
    ):
        flat.plot(rows.w, rows.b, style, marker=".", ms=4, lw=1.6, color=colour, label=method)
    flat.set(xlim=(w[0], w[-1]), ylim=(b[0], b[-1]), xlabel="weight $w$", ylabel="bias $b$")
    legend = flat.legend(loc="upper right", frameon=True, facecolor="#555555", labelcolor="white")
    legend.set_title("descent", {"size": 11})
    legend.get_title().set_color("white")
    return figure


def order(frame: pd.DataFrame, budget: int) -> Figure:
    """Draw the share of seeds that learnt against updates, a panel for each length."""
    lengths = sorted(frame.length.unique())
    figure, axes = plt.subplots(1, len(lengths), figsize=(7, 3.6), sharey=True, squeeze=False)
    palette = sns.color_palette("colorblind", 3)
    for panel, length in zip(axes[0], lengths, strict=True):
        for (method, rows), colour, style in zip(
            frame[frame.length == length].groupby("method", sort=False), palette, ("-", "--", ":"),
            strict=True,
        ):  # fmt: skip
            learnt = rows[rows.wrong < 0.01].updates.sort_values().tolist()
            share = [i / len(rows) for i in range(len(learnt) + 1)]
            panel.step([0, *learnt, budget], [*share, share[-1]], style, where="post", color=colour, lw=2.4,
                       label=method)  # fmt: skip
        panel.set(title=f"{length} symbols", xlabel="updates", ylim=(-0.03, 1.03))
    axes[0, 0].set_ylabel("share of seeds that learnt")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), ncols=3, loc="outside lower center")
    return figure
