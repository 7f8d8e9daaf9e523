import pandas as pd
import pytest

from redrawn.studies import tidy

ROWS = [(seed, x, 3 * x**power) for seed, power in ((1, -0.5), (0, 2.0)) for x in (4.0, 1.0, 2.0)]
FRAME = pd.DataFrame(ROWS, columns=["seed", "width", "loss"])


def test_a_series_is_in_the_order_of_seeds_and_of_x():
    found = tidy.series(FRAME, "width", "loss")
    assert found == {"x": [1, 2, 4], "y": [[3, 12, 48], pytest.approx([3, 3 / 2**0.5, 1.5])]}


def test_exponents_are_those_of_power_laws():
    assert tidy.exponents(tidy.series(FRAME, "width", "loss")) == pytest.approx([2, -0.5])


def test_two_rows_for_one_place_are_refused():
    with pytest.raises(ValueError, match="duplicate"):
        tidy.series(pd.concat([FRAME, FRAME]), "width", "loss")
