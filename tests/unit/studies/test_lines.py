import pandas as pd
import pytest
from matplotlib import pyplot as plt

from redrawn.studies.lines import lines

FRAME = pd.DataFrame(
    [(name, seed, x, x * 10.0 ** (seed + i)) for i, name in enumerate(("later", "earlier")) for seed in (0, 2) for x in (1, 2)],
    columns=["name", "seed", "x", "y"],
)  # fmt: skip


@pytest.mark.parametrize(("scale", "middle"), [("linear", 50.5), ("log", 10)])
def test_means_are_geometric_on_logarithmic_axes(scale, middle):
    axes = plt.figure().add_subplot()
    lines(axes, FRAME, "x", "y", "name", yscale=scale)
    assert [line.get_label() for line in axes.lines] == ["later", "earlier"]
    for factor, line in zip((1, 10), axes.lines, strict=True):
        assert line.get_xdata().tolist() == [1, 2]
        assert line.get_ydata().tolist() == pytest.approx([factor * middle, 2 * factor * middle])
    low, high = axes.collections[0].get_datalim(axes.transData).intervaly
    assert (low, high) == pytest.approx((1, 200))
    plt.close("all")


def test_series_differ_in_more_than_colour():
    axes = plt.figure().add_subplot()
    lines(axes, FRAME, "x", "y", "name", markers=True, spread=False)
    first, second = axes.lines
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()
    assert not axes.collections
    plt.close("all")
