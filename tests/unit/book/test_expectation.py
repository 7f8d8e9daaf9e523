import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from redrawn.book.expectation import Expectation, MeasurementError, t_interval

make = TypeAdapter(Expectation).validate_python


def test_interval_is_scipys():
    values = np.random.default_rng(0).normal(size=7)
    found = t_interval(values)
    low, high = stats.t.interval(0.95, 6, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_a_value_holds_only_with_its_whole_interval():
    claim = make({"kind": "value", "value": 2, "tolerance": 0.5, "if_false": 0})
    assert claim.holds(2.4) and not claim.holds(2.6) and not claim.holds(1.4)
    assert claim.holds([2.0, 2.1, 1.9])
    assert not claim.holds([2.0, 4.0, 0.0]), "the mean fits, its interval does not"


def test_bounds():
    claim = make({"kind": "bound", "at_least": 1, "at_most": 3, "if_false": 0})
    assert claim.holds(1) and claim.holds(3) and not claim.holds(3.1) and not claim.holds(0.9)
    assert make({"kind": "bound", "at_most": 3, "if_false": 4}).holds(-100)


def test_ordering_is_paired_and_has_a_margin():
    claim = make({"kind": "ordering", "order": ["a", "b"], "margin": 1.0})
    base = np.array([0.0, 10.0, 20.0])
    assert claim.holds({"a": base + 1.5, "b": base}), "seeds differ, pairs agree"
    assert not claim.holds({"a": base + 0.5, "b": base})
    assert not claim.holds({"a": base, "b": base})
    lower = make({"kind": "ordering", "order": ["a", "b"], "larger": False})
    assert lower.holds({"a": 1, "b": 2}) and not lower.holds({"a": 2, "b": 1})


def test_slope_in_logarithms():
    x = np.array([1.0, 2, 4, 8])
    claim = make({"kind": "slope", "value": -2, "tolerance": 0.1, "if_false": 0, "log": "both"})
    assert claim.holds({"x": x, "y": 3 * x**-2})
    assert not claim.holds({"x": x, "y": 3 * x**-1})
    assert claim.holds({"x": x, "y": [3 * x**-2, 4 * x**-2.01, 5 * x**-1.99]})


@pytest.mark.parametrize("bad", [np.nan, np.inf, [], [1, np.nan], "many", None, {"a": 1}])
def test_what_cannot_be_judged_is_an_error(bad):
    with pytest.raises(MeasurementError):
        make({"kind": "bound", "at_least": 1, "if_false": 0}).holds(bad)


@pytest.mark.parametrize(
    "bad", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": [1, 2], "b": [1]}, 3, {"a": 1, "b": np.nan}]
)
def test_an_ordering_needs_its_names_and_equal_seeds(bad):
    with pytest.raises(MeasurementError):
        make({"kind": "ordering", "order": ["a", "b"]}).holds(bad)


@pytest.mark.parametrize(
    "bad", [{"x": [1, 2], "y": [1, 2]}, {"x": [1, 2, 3], "y": [1, 2]}, {"x": [1, 2, 3]},
            {"x": [0, 1, 2], "y": [1, 2, 3]}]
)  # fmt: skip
def test_a_slope_needs_three_points_it_can_fit(bad):
    with (
        np.errstate(divide="ignore"),
        pytest.raises(MeasurementError),
    ):
        make({"kind": "slope", "value": 1, "tolerance": 0.1, "if_false": 0, "log": "x"}).holds(bad)
