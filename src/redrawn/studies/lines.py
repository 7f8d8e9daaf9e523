"""Lines with ranges over seeds."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))
MARKERS = "osD^vPX"


def lines(
    axes: Axes,
    frame: pd.DataFrame,
    x: str,
    y: str,
    by: str,
    *,
    markers: bool = False,
    spread: bool = True,
    **options,
) -> None:
    """Draw the mean over seeds of each series, geometric on an axis that is logarithmic by then, and the range.

    Args:
        axes: where to.
        frame: one row a point and seed.
        x: its column along.
        y: its column up.
        by: its column that tells series apart, in the order of first appearance.
        markers: mark the points, where there are few.
        spread: draw the range.
        options: for `axes.set`, before anything is drawn.
    """
    axes.set(**options)
    for i, (name, rows) in enumerate(frame.groupby(by, sort=False)):
        groups = rows.groupby(x)[y]
        middle = groups.mean()
        if axes.get_yscale() == "log":
            middle = np.exp(np.log(rows[y]).groupby(rows[x]).mean())
        marker = MARKERS[i % len(MARKERS)] if markers else None
        style = STYLES[i % len(STYLES)]
        (line,) = axes.plot(middle.index, middle, linestyle=style, marker=marker, ms=4, label=name)
        if spread:
            low, high = groups.min(), groups.max()
            axes.fill_between(
                middle.index, low, high, color=line.get_color(), alpha=0.2, linewidth=0
            )
