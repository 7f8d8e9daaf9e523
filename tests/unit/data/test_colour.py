import pytest

from redrawn.data import colour


def test_astronaut_has_three_colours_at_any_size():
    small, large = colour.astronaut(8), colour.astronaut(64)
    assert small.shape == (8, 8, 3) and 0 <= small.min() < small.max() <= 1
    assert small.mean((0, 1)) == pytest.approx(large.mean((0, 1)), abs=0.01)
    assert abs(small[..., 0] - small[..., 2]).max() > 0.1
    with pytest.raises(ValueError, match="side"):
        colour.astronaut(1)
