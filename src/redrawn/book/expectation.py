"""What a claim expects of a measurement, and whether a measurement meets it.

A measurement is a number, a list with one number a seed, `{name: number or list}` (an ordering) or
`{"x": [...], "y": [...]}` (a slope; `y` may be one list a seed).
"""

import math
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

CONFIDENCE = 0.95


class MeasurementError(ValueError):
    """A measurement that cannot be judged: NaN, infinite, empty, or of the wrong form."""


class Interval(BaseModel):
    """A measured value with its confidence interval; `low == high == value` for an exact one."""

    value: float
    low: float
    high: float
    n: int


def finite(values) -> np.ndarray:
    """Return `values` as a flat array of at least one finite number, or raise MeasurementError."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float)).ravel()
    except (TypeError, ValueError) as error:
        raise MeasurementError(f"not numbers: {values!r}") from error
    if array.size == 0:
        raise MeasurementError("an empty measurement")
    if not np.isfinite(array).all():
        raise MeasurementError(f"not finite: {array.tolist()}")
    return array


def t_interval(values) -> Interval:
    """Return the mean of `values` and its two-sided 95 % Student interval (a point when n = 1)."""
    array = finite(values)
    mean = float(array.mean())
    if array.size == 1:
        return Interval(value=mean, low=mean, high=mean, n=1)
    half = _student_quantile(array.size - 1) * array.std(ddof=1) / math.sqrt(array.size)
    return Interval(value=mean, low=mean - half, high=mean + half, n=array.size)


@cache
def _student_quantile(freedom: int) -> float:
    from scipy import stats  # half of the command line's start-up, and most commands judge nothing

    return float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom))


class _Expectation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def samples(self, measured) -> dict[str, np.ndarray]:
        """Return the per-seed numbers that verdicts and drift are judged on, by name."""
        return {"": finite(measured)}

    def accepted(self) -> tuple[float, float]:
        """Return the accepted region's ends."""
        raise NotImplementedError

    def effect(self) -> float:
        """Return how far `if_false` lies from the accepted region: what the claim is about."""
        low, high = self.accepted()
        return max(low - self.if_false, self.if_false - high)

    def summary(self, measured) -> dict[str, Interval]:
        """Return each named sample with its interval."""
        return {name: t_interval(values) for name, values in self.samples(measured).items()}

    def holds(self, measured) -> bool:
        """Say whether the interval of the mean over seeds lies wholly in the accepted region."""
        low, high = self.accepted()
        (interval,) = self.summary(measured).values()
        return low <= interval.low and interval.high <= high

    @model_validator(mode="after")
    def _can_fail(self):
        if getattr(self, "if_false", None) is not None and self.effect() <= 0:
            raise ValueError(
                f"can never fail: if_false {self.if_false:g}, what would be measured if the claim were "
                f"false, is accepted by {self.describe()}"
            )
        return self


class Value(_Expectation):
    """|measured - value| <= tolerance."""

    kind: Literal["value"]
    value: float
    tolerance: float = Field(ge=0, allow_inf_nan=False)
    if_false: float = Field(allow_inf_nan=False)

    def accepted(self):
        """See base class."""
        return self.value - self.tolerance, self.value + self.tolerance

    def describe(self) -> str:
        """Say the expectation in words."""
        return f"{self.value:g} ± {self.tolerance:g}"


class Bound(_Expectation):
    """measured >= at_least, measured <= at_most, or both."""

    kind: Literal["bound"]
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    if_false: float = Field(allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, given):
        if isinstance(given, dict) and {given.get("at_least"), given.get("at_most")} == {None}:
            raise ValueError("can never fail: give at_least, at_most or both")
        return given

    def accepted(self):
        """See base class."""
        return (
            -math.inf if self.at_least is None else self.at_least,
            math.inf if self.at_most is None else self.at_most,
        )

    def describe(self) -> str:
        """Say the expectation in words."""
        parts = []
        if self.at_least is not None:
            parts.append(f"≥ {self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"≤ {self.at_most:g}")
        return " and ".join(parts)


class Ordering(_Expectation):
    """Each name's value exceeds the next one's by more than `margin`, seed by seed paired."""

    kind: Literal["ordering"]
    order: list[str] = Field(min_length=2)
    larger: bool = True
    margin: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _distinct(self):
        if len(set(self.order)) < len(self.order):
            raise ValueError("can never hold: a name stands twice in the order")
        return self

    def samples(self, measured):
        """See base class; every name of `order` must have been measured, and no other."""
        if not isinstance(measured, dict) or set(measured) != set(self.order):
            raise MeasurementError(f"expected exactly {self.order}, got {measured!r}")
        arrays = {name: finite(measured[name]) for name in self.order}
        if len({array.size for array in arrays.values()}) > 1:
            raise MeasurementError("an ordering needs the same number of seeds for each name")
        return arrays

    def effect(self) -> float:
        """Return the margin, or any difference at all where none is asked."""
        return self.margin or math.inf

    def holds(self, measured) -> bool:
        """Say whether every consecutive paired difference is above the margin, interval and all."""
        arrays = self.samples(measured)
        sign = 1 if self.larger else -1
        return all(
            t_interval(sign * (arrays[a] - arrays[b])).low > self.margin
            for a, b in zip(self.order, self.order[1:], strict=False)
        )

    def describe(self) -> str:
        """Say the expectation in words."""
        words = (" > " if self.larger else " < ").join(self.order)
        return words + (f", each by {self.margin:g}" if self.margin else "")


class Slope(Value):
    """The least-squares slope of y against x, each in logarithms where `log` says so."""

    kind: Literal["slope"]
    log: Literal["none", "x", "y", "both"] = "none"

    def samples(self, measured):
        """See base class; returns one slope a seed."""
        from scipy import stats

        if not isinstance(measured, dict) or set(measured) != {"x", "y"}:
            raise MeasurementError("a slope needs {'x': [...], 'y': [...]}")
        x = finite(measured["x"])
        rows = [finite(row) for row in np.atleast_2d(np.asarray(measured["y"], dtype=float))]
        if x.size < 3 or any(row.size != x.size for row in rows):
            raise MeasurementError("a slope needs at least three points, as many y as x")
        if self.log in ("x", "both"):
            x = np.log(x)
        if self.log in ("y", "both"):
            rows = [np.log(row) for row in rows]
        return {"": finite([stats.linregress(finite(x), finite(row)).slope for row in rows])}


Expectation = Annotated[Value | Bound | Ordering | Slope, Field(discriminator="kind")]
