"""Against the baseline: has a measured value moved further than its seeds explain?

The statistic is Welch's t on the values per seed of both sides, shrunk by the claim's resolution;
a named measurement (an ordering) shares the false-alarm rate among its names. An exact value has
no spread: it may differ by rounding and by the claim's resolution only. Rounding is relative to the
value, or to what the claim is about where the value is next to nothing, as the slope of a flat line.
"""

import numpy as np
from scipy import stats

PROMISED_RATE = 0.01
"""How often a claim whose method did not change is called drifted by a fresh seed, at most."""

FALSE_ALARM_RATE = 0.005
"""The level of the test for normal values: half the promise, which leaves room for other shapes."""

ROUNDING = 1e-6
"""Share of an exact value, or of the claim's effect, that another processor's rounding explains."""


def moved(
    before: np.ndarray, after: np.ndarray, resolution: float, effect: float, rate: float
) -> bool:
    """Say whether two samples of one quantity differ, at false-alarm rate `rate`, two-sided."""
    gap = abs(float(after.mean() - before.mean()))
    excess = gap - resolution - ROUNDING * max(abs(float(before.mean())), effect)
    if excess <= 0:
        return False
    if min(before.size, after.size) < 2 or before.std() == after.std() == 0:
        return True
    with np.errstate(divide="ignore"):
        p = stats.ttest_ind_from_stats(
            excess, after.std(ddof=1), after.size, 0.0, before.std(ddof=1), before.size,
            equal_var=False,
        ).pvalue  # fmt: skip
    return bool(p < rate)


def drifted(
    before: dict[str, np.ndarray],
    after: dict[str, np.ndarray],
    resolution: float,
    effect: float = 0.0,
) -> bool:
    """Say whether any named sample of a claim moved. The names must be the same on both sides.

    Args:
        before: values per seed by name, of the baseline.
        after: the same of today's run.
        resolution: the change that the claim takes for none.
        effect: the distance between what the claim expects and what would refute it, 0 if there is none.
    """
    if set(before) != set(after):
        return True
    rate = FALSE_ALARM_RATE / len(before)
    return any(moved(before[name], after[name], resolution, effect, rate) for name in before)
