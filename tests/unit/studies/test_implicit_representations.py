"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pytest

from redrawn.studies.implicit_representations import (
    arbitrary_scale,
    evolution,
    orex,
    periodic,
    polynomial,
    siren,
    siren_poisson,
    solid_scores,
)
from redrawn.studies.implicit_representations.solids import SOLIDS, directional
from redrawn.studies.tidy import log_ratio, per_seed

MODULES = (arbitrary_scale, evolution, orex, periodic, polynomial, siren)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_siren_is_ahead_even_in_miniature():
    small = replace(siren.SETTINGS["quick"], side=24, width=32, steps=60, seeds=2)
    frame, fits = siren.fit_photograph(small, 0, "cpu")
    assert (siren.psnr_margin(frame) > 0).all()
    assert (siren.steps_to_runner_up(frame) < 1).all()
    errors = siren.derivative_errors(small, fits)
    assert not errors.isna().any().any()


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    small = replace(periodic.SETTINGS["quick"], width=8, points=16, steps=5, seeds=2)
    a, b, c = (periodic.extrapolate_sine(small, s, "cpu")[1] for s in (0, 0, 1))
    assert a.equals(b) and not a.equals(c)


def test_alignment_recovers_scale_and_offset():
    image = np.random.default_rng(0).random((8, 8))
    assert siren_poisson.aligned_psnr(3 * image - 5, image) > 200
    assert siren_poisson.aligned_psnr(np.ones((8, 8)), image) < 30


def test_image_derivatives_of_a_quadratic():
    line = np.linspace(-1, 1, 21)
    x, y = np.meshgrid(line, line, indexing="ij")
    slope, bend = siren.image_derivatives(x**2 + 3 * y)
    inner = (slice(2, -2),) * 2
    np.testing.assert_allclose(slope[inner], np.stack([2 * x, 3 + 0 * y], -1)[inner], atol=1e-12)
    np.testing.assert_allclose(bend[inner], 2.0, atol=1e-11)


@pytest.mark.parametrize("solid", ["rings", "tori", "bunny"])
def test_slice_points_lie_where_their_labels_say(solid):
    settings = replace(orex.SETTINGS["quick"], slices=4)
    x, label, number, radius = orex.slice_points(settings, solid, np.random.default_rng(0), n=1500)
    distance = SOLIDS[solid](x)
    assert np.abs(distance[label == 0.5]).max() < 1e-3
    assert (distance[label == 0] <= 0).all() and (distance[label == 1] > 0).all()
    assert {0.0, 0.5, 1.0} == set(label)
    # fewer slices and radii are a part of more, from the same source
    part = replace(settings, slices=2, radii=orex.RADII[:1])
    found = orex.slice_points(part, solid, np.random.default_rng(0), n=1500)
    kept = (number < 2) & np.isin(radius, (0, orex.RADII[0]))
    for few, many in zip(found, (x, label, number, radius), strict=True):
        np.testing.assert_array_equal(few, many[kept])


def test_a_perfect_field_scores_perfectly_and_a_rippled_one_does_not():
    def field(x, ripple):
        value = SOLIDS["rings"](x) + ripple * np.sin(40 * x[:, 0])
        slope = directional(SOLIDS["rings"], x, np.eye(2))
        slope[:, 0] += 40 * ripple * np.cos(40 * x[:, 0])
        return 50 * value[None], 50 * slope[None]

    perfect = solid_scores.score(lambda x: field(x, 0.0), "rings").iloc[0]
    assert perfect.iou == 1 and perfect.slope == 0
    assert perfect.ripple < 1e-3 and perfect.normal_error < 0.1
    rippled = solid_scores.score(lambda x: field(x, 0.02), "rings").iloc[0]
    assert rippled.iou < 1 and rippled.ripple > 0.005 and rippled.normal_error > 5


def test_flowing_back_undoes_the_flow():
    points = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    np.testing.assert_allclose(
        evolution.flow_back(evolution.flow_back(points, 0.3), -0.3), points, atol=1e-6
    )


def test_gradient_flow_starts_at_one_and_the_degree_one_is_learned():
    small = replace(polynomial.SETTINGS["quick"], points=200, draws=2)
    flow = polynomial.kernel_flow(small, 0)
    start = flow[flow.time == flow.time.min()]
    assert np.allclose(start.share, 1, atol=0.6)
    assert (polynomial.half_times(flow).groupby("degree").size() == 4).all()


def test_log_ratio_by_seed():
    frame = polynomial.pd.DataFrame(
        {"net": ["a", "b", "b", "a"], "seed": [1, 0, 1, 0], "v": [100.0, 1.0, 10.0, 10.0]}
    )
    np.testing.assert_allclose(log_ratio(frame, "net", "v", "a", "b"), [1, 1])
    with pytest.raises(ValueError, match="more than one row"):
        per_seed(polynomial.pd.concat([frame, frame]), "net", "v")


def test_each_network_has_patches_of_its_own_and_is_scored_at_every_size():
    sizes = {"images": 4, "steps": 2, "batch": 2, "queries": 16, "channels": 4, "width": 8}
    tiny = replace(arbitrary_scale.SETTINGS["quick"], **sizes, seeds=2, tests=3)
    held_out = arbitrary_scale.load(tiny, 0, True, "cpu")
    assert held_out.shape == (2, 3, 48, 48)
    assert len(np.unique(held_out.flatten(0, 1).flatten(1), axis=0)) == 6
    scores, consistency, pictures = arbitrary_scale.compare(tiny, 0, "cpu")
    assert len(scores) == 2 * 2 * len(arbitrary_scale.SIZES) and len(consistency) == 2 * 2
    np.testing.assert_array_equal(scores.scale, scores["size"] / 8)  # latents are 8 × 8
    shown = pictures["truth", 48]
    contrasts = held_out[0].flatten(1).std(1)
    np.testing.assert_array_equal(shown, held_out[0, contrasts.argmax()].clamp(0, 1))
    assert np.isfinite(scores.psnr).all() and consistency.ssim.le(1).all()
