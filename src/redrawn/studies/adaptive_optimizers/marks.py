"""What the chapter's figures share beside lines: slopes to compare with, and legends out of the way."""

import numpy as np


def power(axes, x, at: float, exponent: float, label: str) -> None:
    """Draw a thin grey line of this exponent through the height `at` at the first x."""
    x = np.array([min(x), max(x)], dtype=float)
    axes.plot(x, at * (x / x[0]) ** exponent, color="0.4", linewidth=1, linestyle=":", label=label)


def below(axes, **options) -> None:
    """Put the legend under the axis, where it crosses no line."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize="small", **{"ncols": 2, **options}
    )
