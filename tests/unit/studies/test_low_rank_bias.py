"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator
from redrawn.studies.low_rank_bias import (
    bures,
    bures_curvature,
    bures_flow,
    bures_rates,
    double,
    double_circulant,
    double_convex,
    double_image,
    hierarchical,
    incremental,
    locality,
    tubal,
    tubal_descent,
    tubal_photograph,
)

MODULES = (bures, double, hierarchical, incremental, locality, tubal)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_ranks_come_in_order_even_in_miniature_and_seeds_decide():
    small = incremental.Settings(10, 4, 400, 2600, seeds=2, every=20)
    frames = [incremental.descend(small, s) for s in (0, 0, 1)]
    assert frames[0].equals(frames[1]) and not frames[0].equals(frames[2])
    found = incremental.dips(frames[0])
    order = list(incremental.order(found).values())
    assert all((np.diff(np.array(order), axis=0) > 0).ravel())
    closeness = list(incremental.closeness(found).values())
    assert np.mean(closeness[-1]) < np.mean(closeness[0])
    assert max(incremental.final_under(frames[0])) < 0.05
    assert list(incremental.error_at_loss(frames[0])) == ["α = 1", "α = 0.1", "α = 0.01"]


def test_the_dynamics_of_local_components():
    assert max(hierarchical.law_error(3)) < 1e-9


def test_completion_from_a_small_start_uses_fewer_components():
    small = hierarchical.Settings(3, 6, 1, 800, seeds=2)
    frame = hierarchical.complete(small, 0)
    ranks = hierarchical.last(frame).groupby("start")["rank"].mean()
    assert ranks["small start"] < ranks["large start"]
    times = hierarchical.half_times(frame)
    assert list(times) == ["first", "second", "third"]


def test_the_share_of_seeds_in_order():
    times = {"first": [0.1, 0.1, 0.3], "second": [0.2, 0.1, 0.2], "third": [0.3, 0.3, 0.4]}
    assert hierarchical.in_order(times) == pytest.approx(1 / 3)


def test_half_of_the_pairs_show_the_same_figure():
    images, figure, held = locality.pictures()
    assert images.shape[1:] == (8, 8) and 0 < held.float().mean() < 0.3
    source = torch.Generator().manual_seed(0)
    p, _, same = locality.draw_pairs(images, figure, 500, 2, source)
    assert p.shape == (500, 2, 8, 8) and 0.4 < same.mean() < 0.6


def test_digits_stand_on_the_canvas_at_each_gap():
    p, q = torch.ones(1, 4, 8, 8), 2 * torch.ones(1, 4, 8, 8)
    near, far = locality.join(p, q, 2)[0, ::2, 0]
    assert near.shape == (56,)
    assert near.nonzero().flatten().tolist() == [*range(20, 36)]
    assert far.nonzero().flatten().tolist() == [*range(8), *range(48, 56)]
    assert far[0] == 1 and far[-1] == 2


def test_the_last_layer_sees_both_digits():
    layers = locality.draw_networks(1, 4, torch.Generator().manual_seed(0))
    x = torch.randn(1, 1, 8, 56, requires_grad=True)
    hidden = x
    for (weight, bias), stride in zip(layers[:-1], locality.STRIDES, strict=True):
        hidden = low_rank.ensemble_convolution(hidden, weight, bias, stride)
    (slope,) = torch.autograd.grad(hidden[0, 0, 0, 1], x)
    assert slope[..., :8].abs().sum() > 0 and slope[..., 48:].abs().sum() > 0


def test_locality_gains_pair_the_same_seeds():
    rows = [(g, r, s, 50 + 10 * r * (g == "far") + s, 0.0)
            for g in locality.GAPS for r in (False, True) for s in range(2)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["gap", "regularised", "seed", "accuracy", "alignment"])
    assert locality.gains(frame) == {"near": [0, 0], "far": [10, 10]}
    assert locality.far_accuracy(frame) == {"with regulariser": [60, 61], "without": [50, 51]}
    found = locality.compare(locality.Settings(2, 2, seeds=2, batch=4, tests=10), 0)
    assert len(found) == 8 and not found.isna().any().any()
    assert not found.duplicated(["gap", "regularised", "seed"]).any()


def test_tubal_descent_reduces_the_error_and_reports_every_start():
    source = torch.Generator().manual_seed(0)
    truth = tubal_descent.random_truth(2, 2, source)
    starts = {"a": (4, 1e-1), "b": (4, 1e-2)}
    frame = tubal_descent.descend(truth, 254, starts, 2e-5, 200, 100, source)
    assert len(frame) == 3 * 2 * 2
    np.testing.assert_allclose(frame["rank 2"], frame.test)
    for start in frame.start.unique():
        rows = frame[frame.start == start].groupby("step").train.mean()
        assert rows.iloc[-1] < rows.iloc[0]


def test_the_photograph_has_its_tubal_rank_and_too_few_measurements():
    truth = tubal_photograph.draw_truth()
    values = low_rank.tubal_singular_values(truth)
    assert int((values > 1e-10).sum()) == tubal_photograph.RANK
    torch.testing.assert_close(truth, low_rank.t_transpose(truth))
    assert tubal_photograph.count_measurements() < tubal_photograph.count_entries() == 392
    assert tubal.random_count(3, 0.9) > tubal.random_entries() == 210
    assert tubal_descent.degrees_of_freedom(5, 1, 2) == 9  # a symmetric matrix of rank 2


def test_problems_are_low_rank_plus_symmetric_outliers():
    x, y = double.problems(20, 2, 0.2, 3, torch.Generator().manual_seed(0))
    torch.testing.assert_close(y, y.mT)
    assert (torch.linalg.matrix_rank(x, atol=1e-8) == 2).all()
    assert 0.1 < ((y - x).abs() > 1e-12).double().mean() < 0.3


def test_circulant_problems_have_rank_four_and_commute():
    columns = double_circulant.circulant_problems(3, torch.Generator().manual_seed(0))
    place = torch.arange(double_convex.N)
    x, y = (v[:, (place[:, None] - place) % double_convex.N] for v in columns)
    torch.testing.assert_close(y, y.mT)
    torch.testing.assert_close(torch.linalg.matrix_norm(x, 2), 5 * torch.ones(3).double())
    assert (torch.linalg.matrix_rank(x, atol=1e-8) == 4).all()
    assert (torch.linalg.eigvalsh(x) > -1e-12).all()
    torch.testing.assert_close(x @ y, y @ x)
    assert (((y - x).abs() > 1e-12).sum((1, 2)) == 4 * double_convex.N).all()
    assert not torch.allclose(x[0], x[1])


def test_circulant_distances_are_those_of_the_matrices():
    small = replace(double.SETTINGS["quick"], convex_seeds=2, convex_steps=100)
    columns = double_circulant.circulant_problems(2, generator(400))
    place = torch.arange(double_convex.N)
    x, y = (v[:, (place[:, None] - place) % double_convex.N] for v in columns)
    expected = double_convex.distances(x, y, ["1/α"], small).assign(matrices="circulant")
    keys = ["start", "ratio", "weight", "seed", "matrices"]
    found = double_circulant.compare(small, 0)
    pd.testing.assert_frame_equal(
        found.set_index(keys).sort_index(), expected.set_index(keys).sort_index(), rtol=1e-8
    )


def test_distances_are_of_each_start_and_ratio():
    x, y = double.problems(double_convex.N, 2, 0.1, 2, torch.Generator().manual_seed(0))
    small = replace(double.SETTINGS["quick"], convex_steps=200)
    frame = double_convex.distances(x, y, ["1/α", "3/α"], small)
    assert not frame.duplicated(["start", "ratio", "weight", "seed"]).any()
    start, ratio = double_convex.STARTS[1], double_convex.RATIOS[2]
    one = double.descend(y[1:], [ratio], [start], 200)[0, 0, 0]
    weight = torch.tensor([3 / ratio], dtype=torch.float64)
    best = low_rank.component_pursuit(y[1:], weight, small.pursuit_steps)[0][0]
    chosen = (frame.start == start) & (frame.ratio == ratio) & (frame.weight == "3/α")
    found = frame[chosen & (frame.seed == 1)].distance.item()
    assert found == pytest.approx(float((one - best).norm() / x[1].norm()), rel=1e-6)


def test_denoising_improves_and_the_end_is_measured_against_the_best():
    small = replace(double.SETTINGS["quick"], side=16, width=4, image_steps=50, image_seeds=2)
    frame, pictures = double_image.denoise(small, 0)
    assert min(min(v) for v in double_image.lost(frame).values()) >= 0
    assert set(double_image.final_psnr(frame)) == {"double", "absolute error"}
    assert len(double_image.smallest_gain(frame)) == 2
    assert len(double_image.as_rows(pictures)) == 6 * 16 * 16


def test_deep_linear_networks_converge_under_the_bound():
    small = bures.Settings((1, 2, 4), seeds=2, steps=400, pace=0.02)
    frame = bures_rates.converge(small, 0)
    assert max(bures_rates.over_bound(frame)) <= 1e-9
    assert min(bures_rates.linearity(bures_rates.rates(frame))) > 0.9
    assert max(bures.critical_gradients(1, 2)) < 1e-8
    grown = bures_curvature.growth(bures_curvature.curvature(0, 2, 4, 2))
    assert min(grown["plain"]) > max(grown["smoothed"])


def test_descent_nears_the_flow_as_its_step_falls():
    coarse, fine = (
        np.mean(bures_flow.flow_times(bures.Settings((1,), seeds=2, pace=pace, steps=4000), 0))
        for pace in (0.02, 0.005)
    )
    assert fine < 0.4 * coarse < 0.02


def test_the_smallest_gain_is_over_noise_levels():
    rows = [("double", 0.1, 0, 9, 30.0), ("double", 0.5, 0, 9, 20.0),
            ("absolute error", 0.1, 0, 9, 29.0), ("absolute error", 0.5, 0, 9, 10.0)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["method", "level", "seed", "step", "psnr"])
    assert double_image.smallest_gain(frame) == [1.0]
