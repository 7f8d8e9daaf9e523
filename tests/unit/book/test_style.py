import pandas as pd
import pytest
from matplotlib import pyplot as plt

from redrawn.book import style


@pytest.fixture
def saved(tmp_path):
    """Draw a line from 1 to `end` both ways, let a function change its axes, save it and return the axes."""

    def draw(end, change=lambda axes: None, **options):
        style.use()
        figure, axes = plt.subplots()
        axes.plot([1, end], [1, end])
        axes.set(xscale="log", yscale="log", **options)
        change(axes)
        style.save(figure, pd.DataFrame({"x": [1.0]}), tmp_path, "line")
        return axes

    yield draw
    plt.close("all")


def labels(axis):
    low, high = axis.get_view_interval()
    return [t.label1.get_text() for t in axis.get_major_ticks() if low <= t.get_loc() <= high]


def test_decades_are_labelled_in_plain_characters_and_have_no_ticks_between(saved):
    axes = saved(1e4, ylim=(1e-12, 1e3))
    assert labels(axes.xaxis) == ["10⁰", "10¹", "10²", "10³", "10⁴"]
    assert "10⁻¹²" in labels(axes.yaxis)
    assert not len(axes.xaxis.get_minorticklocs())


def test_downward_axes_are_labelled_too(saved):
    axes = saved(1e4, lambda axes: axes.invert_yaxis())
    assert not len(axes.yaxis.get_minorticklocs())


def test_less_than_two_decades_keep_the_ticks_between(saved):
    axes = saved(30)
    assert len(axes.xaxis.get_minorticklocs())
    assert "mathdefault" in labels(axes.xaxis)[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda axes: axes.set_xticks([1, 64, 512], labels=["one", "64", "512"]), ["one", "64", "512"]),
        (lambda axes: axes.set_xscale("log", base=2), [f"$\\mathdefault{{2^{{{k}}}}}$" for k in range(0, 14, 2)]),
        (lambda axes: axes.set_xscale("linear"), ["0", "2000", "4000", "6000", "8000", "10000"]),
    ],
)  # fmt: skip
def test_what_a_study_chose_stays(saved, change, expected):
    assert labels(saved(1e4, change).xaxis) == expected


def test_files_are_the_same_each_time(saved, tmp_path):
    """Ids, dates and fonts of a figure do not depend on the run, so that equal numbers are equal files."""
    found = []
    for _ in range(2):
        saved(1e4)
        found.append({p.name: p.read_bytes() for p in tmp_path.iterdir()})
    assert found[0] == found[1]
