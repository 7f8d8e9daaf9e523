"""Local Lipschitz constants in miniature: what the frames hold, and what must be exact."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.studies import ensemble
from redrawn.studies.lipschitz_estimation import local, local_figures, local_measures
from redrawn.studies.lipschitz_estimation.local_ladder import LADDER


@pytest.fixture(scope="module")
def tiny():
    return replace(local.SETTINGS["quick"], seeds=2, inputs=2, radii=(0.03,), digit_radii=(0.03,),
                   digit_steps=3, widths=(6,), depths=(2, 3), exact_width=6, rounds=2, samples=5)  # fmt: skip


@pytest.fixture(scope="module")
def frames(tiny):
    return *local.ladder(tiny, 0, "cpu"), local.sizes(tiny, 0, "cpu")


def test_every_profile_has_settings():
    assert set(local.SETTINGS) == {"quick", "standard", "paper"}


def test_frames_are_whole_and_ordered(frames):
    ladder, deviation, sizes = frames
    assert len(ladder) == 2 * 2 * (7 + 6) and len(sizes) == 2 * 2 * (7 + 6 + 6)
    assert np.isfinite(ladder.constant).all() and np.isfinite(sizes.constant).all()
    assert max(local_measures.violation(ladder, sizes)) < 1e-6
    assert deviation.shape == (2,) and deviation.max() < 1e-6


def test_a_run_repeats_and_another_seed_differs(tiny, frames):
    again, _ = local.ladder(tiny, 0, "cpu")
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), frames[0].drop(columns="seconds"))
    assert not np.allclose(local.ladder(tiny, 1, "cpu")[0].constant, again.constant)


def test_violation_ratio_means_and_growth_by_hand():
    values = dict(zip(LADDER, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), strict=True))
    rows = [{"method": m, "seed": s, "input": i, "constant": v * (1 + i), "seconds": v * w,
             "sweep": "width", "size": w} for m, v in values.items() for s in (0, 1) for i in (0, 1)
            for w in (10, 100)]  # fmt: skip
    frame = pd.DataFrame(rows)
    narrow = frame[frame["size"] == 10]
    assert local_measures.violation(frame) == pytest.approx([-1 / 7, -1 / 7])
    assert local_measures.ratio(narrow, "ours", "exact") == [2.0, 2.0]
    assert local_measures.means(narrow)["ours"] == [6.0, 6.0]
    assert [*local_measures.upper_bounds(narrow)] == [
        "global",
        "IBP",
        "RecurJac",
        "ours",
        "ours + BaB",
    ]
    assert set(local_measures.far_end(frame, "sweep", "width", "size")["size"]) == {100}
    assert local_measures.growth(frame)["exact"] == pytest.approx([1, 1])
    assert local_measures.cost(frame) == pytest.approx([np.log10(0.5)] * 2)
    frame.loc[(frame.method == "ours") & (frame.seed == 1), "constant"] = 2.0
    assert local_measures.violation(frame) == pytest.approx([-1 / 7, 2.0])
    without = frame[frame.method != "exact"].copy()
    without.loc[without.method == "sampled", "constant"] = 33.0
    assert max(local_measures.violation(without)) == pytest.approx(10)  # across the missing one


def test_labels_are_those_of_the_nearest_of_80_leaders():
    x, labels = local.random_k(2, ensemble.generator(0), points=500)
    assert x.shape == (2, 500, 16) and x.min() >= 0 and x.max() <= 1
    assert set(labels.unique().tolist()) <= set(range(10))
    distance = torch.cdist(x[0], x[0]).fill_diagonal_(torch.inf)
    near = labels[0] == labels[0][distance.argmin(1)]
    assert near.float().mean() > 0.2  # a tenth if labels had nothing to do with places


def test_training_learns_and_networks_are_apart():
    source = ensemble.generator(0)
    x = torch.rand((2, 600, 16), generator=source)
    y = (x[..., 0] > 0.5).long()
    nets = local.train((16, 30, 10), x, y, 300, source, "cpu")
    for layers, points, labels in zip(nets, x, y, strict=True):
        a = (points.double() @ layers[0][0].T + layers[0][1]).relu()
        logits = a @ layers[1][0].T + layers[1][1]
        assert (logits.argmax(1) == labels).double().mean() > 0.8
    assert not torch.allclose(nets[0][0][0], nets[1][0][0])


def test_digits_keep_their_labels():
    x, y = local.shuffled_digits(2, ensemble.generator(0))
    assert x.shape == (2, 5000, 784) and not torch.equal(y[0], y[1])
    for i in range(2):
        assert torch.equal(y[i].bincount(), torch.full((10,), 500))
    first = [x[i][y[i] == 3].mean(0) for i in range(2)]
    torch.testing.assert_close(*first, atol=1e-5, rtol=0)


def test_figures_are_drawn(frames):
    for draw, frame in zip((local_figures.ladder, local_figures.sizes), frames[::2], strict=True):
        figure = draw(frame)
        assert all(axes.get_xlabel() and axes.get_yscale() == "log" for axes in figure.axes)
        assert len(figure.legends[0].get_texts()) == 7
        colours = [{line.get_label(): line.get_color() for line in a.lines} for a in figure.axes]
        assert colours[0]["sampled"] == colours[1]["sampled"]
        if draw is local_figures.ladder:
            drawn = {line.get_label(): line.get_ydata() for line in figure.axes[1].lines}
            assert (drawn["sampled"] == 1).all() and (drawn["global"] > drawn["IBP"]).all()
        plt.close(figure)
