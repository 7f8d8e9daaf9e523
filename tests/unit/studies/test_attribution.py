"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.methods import attribution
from redrawn.studies.attribution import (
    axioms,
    cams,
    class_images,
    digits,
    discriminative,
    fullgrad,
    map_attack,
    masks,
    moreau,
    paths,
    perceptrons,
    priors,
    removal,
    retrained_pixels,
    retraining,
    smooth_prior,
    smoothing,
)
from redrawn.studies.attribution.subjects import part, per_photo, subject

MODULES = (class_images, digits, discriminative, masks, moreau, paths, removal,
           retrained_pixels, retraining, smooth_prior, smoothing)  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


@pytest.fixture(scope="module")
def two():
    return subject("squeezenet", 2, "cpu")


@pytest.fixture(scope="module")
def tiny():
    settings = replace(digits.SETTINGS["quick"], images=300, epochs=2, explained=8, seeds=2)
    _, _, x, y = digits.split(settings, 0, "cpu")
    return digits.train(settings, 0, "cpu", 0.0), x, y


def test_a_subject_is_classified_rightly_and_can_be_cut(two):
    with torch.no_grad():
        assert (two.network(two.x).argmax(1) == two.labels).all()
    second = part(two, slice(1, 2))
    torch.testing.assert_close(second.logit(second.x), two.logit(two.x)[1:])
    torch.testing.assert_close(two.black, two.network.prepare(torch.zeros_like(two.pixels)))


def test_axioms():
    assert axioms.sensitivity() == pytest.approx((1, 0), abs=0.01)
    assert axioms.backward_rules() == 0
    assert max(axioms.invariance(0, points=20)) < 1e-9
    assert axioms.deeplift() == pytest.approx(0.5)
    assert axioms.symmetry() == pytest.approx((0, 1), abs=0.01)


def test_the_twins_are_one_function():
    x = 6 * torch.rand(1000, 2) - 2
    torch.testing.assert_close(axioms.Twin(False)(x), axioms.Twin(True)(x))


def test_paths_are_nested_and_idgi_is_complete(two):
    frame, maps = paths.explain(part(two, slice(0, 1)), 8)
    assert set(maps) == {("gradient × input", 0), ("IG", 8), ("IDGI", 8), ("IG", 4), ("IDGI", 4)}
    assert max(paths.gaps(frame, "IDGI", 4) + paths.gaps(frame, "IDGI", 8)) < 1e-4
    assert paths.gaps(frame, "gradient × input", 0) == pytest.approx(
        paths.product_gaps(two)[:1], rel=1e-3
    )
    logs = paths.log_gaps(frame, 8)
    assert (logs["IG"] > logs["IDGI"]).all() and (logs["IDGI"] >= -9).all()
    flat = paths.channels(maps, 8)
    torch.testing.assert_close(flat["|IG|"], maps["IG", 8].abs().sum(1))


def test_scores_are_the_sum_of_their_parts(two):
    residuals, without_biases, maps = fullgrad.take_apart(two)
    assert max(residuals) < 1e-5 and maps.shape == (2, 224, 224)
    frame = fullgrad.perturb(two, {"FullGrad": maps, "flat": torch.zeros_like(maps)})
    assert len(fullgrad.at_share(frame)["FullGrad"]) == 2
    assert min(without_biases) > 0.01


def test_layers_and_axioms_of_photographs(two):
    one = part(two, slice(0, 1))
    residual, frame = cams.axioms(one)
    assert max(residual) < 1e-5 and set(frame.method) == set(cams.WEIGHTS)
    assert max(cams.norm_identity(one)) < 1e-5
    assert not any(p.requires_grad for p in two.network.parameters())
    maps = cams.layer_maps(one)
    frame = removal.insertion(removal.Settings(2), one, maps, removal.blur(one.x, 50, 25))
    assert len(cams.mean_of_single(frame)["combined"]) == 1
    table = cams.selectivity(one)
    assert per_photo(table, "method", "correlation")["plain"][0] <= 1


def test_the_one_class_head_is_the_networks(two):
    errors = cams.axioms(part(two, slice(0, 1)))[1].set_index("method")
    net, label = two.network, two.labels[:1]
    features, slopes = attribution.layer_gradients(
        attribution.class_score(net, label), two.x[:1], [net.fire9]
    )[0]
    share = attribution.shares(features, attribution.grad_cam(features, slopes))
    score = net.classify(features).gather(1, label[:, None])[:, 0]
    expected = attribution.conservation_error(score, share).item()
    assert errors.conservation["Grad-CAM"] == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_blur_keeps_a_flat_picture_and_spreads_a_point():
    x = torch.zeros(1, 1, 9, 9)
    x[..., 4, 4] = 1
    found = removal.blur(x, 1.0, 3)
    assert found.sum() == pytest.approx(1, abs=1e-5) and found[0, 0, 4, 4] < 0.2
    torch.testing.assert_close(removal.blur(torch.ones_like(x), 1.0, 3), torch.ones_like(x))


def test_digits_networks(tiny):
    networks, x, y = tiny
    assert all(0 <= v <= 1 for v in digits.accuracy(networks, x, y))
    assert max(class_images.deconvnet_difference(networks, x, y, relu=False)) < 1e-5
    assert min(class_images.deconvnet_difference(networks, x, y, relu=True)) > 0.1
    frame = smoothing.counts(smoothing.Settings(1, reference=100), networks, x, y, 0)
    assert len(smoothing.saturation(frame)) == 2 and len(smoothing.rate(frame)["y"]) == 2
    crossed = smoothing.with_and_without(networks, networks, x, y, 0, samples=5)
    assert crossed["neither"] == crossed["training"] and crossed["inference"] == crossed["both"]


def test_masks_of_digits(tiny):
    networks, x, y = tiny
    settings = replace(masks.SETTINGS["quick"], resolutions=(7,), digits=4, curve_steps=4)
    objectives, frame = masks.digits(settings, networks, x, y, 0)
    assert len(objectives["I-GOS"]) == len(frame) == len(masks.worst(frame)) == 2
    assert masks.vanishing() > 100


def test_unit_error_is_small():
    assert max(smoothing.unit_error(smoothing.Settings(1, unit_samples=5000), 0)) < 0.1


def test_moreau_in_miniature():
    settings = replace(moreau.SETTINGS["quick"], train_steps=30, explained=3, steps=10, averaged=4,
                       samples=2, shares=(1.0,), seeds=2)  # fmt: skip
    layers, x, labels, _ = moreau.trained(settings, 0, "cpu")
    frame = moreau.robustness(settings, layers, x, labels, 0)
    assert frame.overlap.between(0, 1).all() and len(frame) == 2 * len(moreau.METHODS)
    assert max(moreau.quadratic_error(0)) < 1e-8


def test_top_counts_what_is_not_zero():
    maps = torch.tensor([[5.0, -4, 3, 2, 1, 0, 0, 0, 0, 0]])
    assert map_attack.top(maps).tolist() == [[True, True] + [False] * 8]


def test_an_attack_stays_in_its_ball_and_lowers_the_marked_share():
    weight = torch.tensor([3.0, 1.0, 0.1, 0.1, 0.1])

    def score(z):
        return (weight * torch.tanh(z)).sum(-1)

    x = torch.zeros(1, 2, 5) + 0.1
    before = attribution.gradient(score, x)
    moved = map_attack.attack(score, x, x, before, 0.5, 0.0, 1, 0)
    assert ((moved - x).norm(dim=-1) <= 0.5 + 1e-6).all()
    marked = map_attack.top(before)

    def share(m):
        return (m.abs() * marked).sum(-1) / m.abs().sum(-1)

    assert (share(attribution.gradient(score, moved)) < share(before)).all()


def test_dependence_is_the_ratio_of_changes():
    weight, bias = torch.tensor([[10.0, 10.0], [10.0, 0.0]]), torch.tensor([-6.0, -6.0])
    assert priors.dependence(weight, bias).tolist() == pytest.approx([1, 0])


def test_first_below_counts_the_budget():
    frame = pd.DataFrame({"prior": "p", "seed": [0, 0, 1, 1], "epoch": [0, 1, 0, 1],
                          "dependence": [1, 0.001, 1, 1]})  # fmt: skip
    assert priors.first_below(frame, "p") == [1, priors.EPOCHS]


def test_smooth_digits_in_miniature():
    settings = replace(smooth_prior.SETTINGS["quick"], images=100, epochs=1, width=8, seeds=2)
    frame, maps = smooth_prior.smooth_digits(settings, 0, "cpu")
    assert frame.accuracy.between(0, 1).all() and maps.shape == (2, 10, 196)
    assert len(smooth_prior.with_noise(frame, 0.1)["prior"]) == 2


def test_blocks_hold_one_digit_and_one_square():
    settings = discriminative.SETTINGS["quick"]
    pictures, _, null = discriminative.block_pictures(settings, False, torch.Generator(), "cpu")
    squares = pictures[null].view(len(pictures), -1)
    assert (squares == squares[0]).all()  # the same everywhere, wherever it stands
    assert 0.45 < null[:, 0].float().mean() < 0.55
    _, _, below = discriminative.block_pictures(settings, True, torch.Generator(), "cpu")
    assert not below[:, 0].any()


def test_discriminative_studies_in_miniature():
    settings = replace(discriminative.SETTINGS["quick"], hidden=20, point_steps=3, point_seeds=2, digits=200,
                       steps=3, width=8, seeds=2)  # fmt: skip
    single = discriminative.points(settings, 0)
    assert single.smallest.between(0, 1).all() and single.largest.between(0, 1).all()
    frame, shown = discriminative.blocks(settings, 0, "cpu")
    assert frame.null.between(0, 1).all() and shown["robust"].shape == (2, 28, 14)
    small = replace(retrained_pixels.SETTINGS["quick"], clothes=100, steps=3, retrain_steps=3,
                    kept=(0.1,), seeds=2, width=8)  # fmt: skip
    found = retrained_pixels.diffroar(small, 0, "cpu")
    np.testing.assert_allclose(found.top - found.bottom, found.diffroar)
    assert found.groupby("shown").model.unique().map(list).to_dict() == {
        "pixels": ["standard", "robust"], "mask": ["standard"]}  # fmt: skip


def test_retraining_in_miniature():
    settings = replace(
        retraining.SETTINGS["quick"], images=300, steps=80, explained=200, width=32, seeds=2
    )
    frame, sets = retraining.retrain(settings, 0, "cpu")
    assert frame.mege.between(0.5, 1).all() and frame.reco.between(0, 1).all()
    assert list(sets) == ["0 %", "30 %", "60 %", "1-Lipschitz"]


def test_folds_are_unseen_and_labels_wrong_at_the_said_rate():
    settings = replace(retraining.SETTINGS["quick"], seeds=2, width=8)
    y = torch.arange(1000) % 10
    source = torch.Generator().manual_seed(0)
    layers, seen, labels, fold = retraining._start(settings, y, 0.3, source, "cpu")
    assert len(layers[0][0]) == 10 and seen.shape == (10, 800)
    assert (fold[1][seen[7]] != 2).all()
    assert ((labels != y).float().mean(1) - 0.3).abs().max() < 0.05
    torch.testing.assert_close(labels[0], labels[4])


def test_draws_take_seen_places_only():
    x = torch.arange(10.0).expand(2, 10)[..., None]
    seen = torch.tensor([[0, 1, 2], [7, 8, 9]])
    draw = perceptrons.draws(x, torch.arange(10).expand(2, -1), 50, torch.Generator(), seen)
    pictures, labels = draw()
    assert pictures[0].max() <= 2 and pictures[1].min() >= 7
    torch.testing.assert_close(pictures[..., 0].long(), labels)
