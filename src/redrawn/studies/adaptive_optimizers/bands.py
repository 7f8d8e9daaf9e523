"""Lines with ranges over seeds, the way most of the chapter's figures are drawn."""

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def bands(axes, frame: pd.DataFrame, x: str, y: str, by: str, **options) -> None:
    """Draw the mean over seeds of each series, geometric on a logarithmic axis, and the range.

    Args:
        axes: whose y axis is logarithmic if `yscale` is among the options.
        frame: one row a point and seed.
        x: its column along.
        y: its column up.
        by: its column that tells series apart, in the order of first appearance.
        options: for `axes.set`, before the range is known.
    """
    axes.set(**options)
    logarithmic = axes.get_yscale() == "log"
    for i, (label, rows) in enumerate(frame.groupby(by, sort=False)):
        groups = rows.groupby(x)[y]
        middle = groups.mean()
        if logarithmic:
            middle = np.exp(np.log(rows[y]).groupby(rows[x]).mean())
        (line,) = axes.plot(middle.index, middle, linestyle=LINES[i % len(LINES)], label=label)
        low, high = groups.min(), groups.max()
        axes.fill_between(middle.index, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    decades(axes)


def decades(axes) -> None:
    """Label powers of ten in plain characters and leave out ticks between them, where an axis has two decades or more.

    Ticks and their mathematics, laid out anew for every format, are most of what a figure costs.
    """
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        if axis.get_scale() == "log" and high >= 100 * low:
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(
                lambda value, _: f"10{str(round(np.log10(value))).translate(RAISED)}"
            )


def power(axes, x, at: float, exponent: float, label: str) -> None:
    """Draw a thin grey line of this exponent through the height `at` at the first x."""
    x = np.array([min(x), max(x)], dtype=float)
    axes.plot(x, at * (x / x[0]) ** exponent, color="0.4", linewidth=1, linestyle=":", label=label)


def below(axes, **options) -> None:
    """Put the legend under the axis, where it crosses no line."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize="small", **{"ncols": 2, **options}
    )
