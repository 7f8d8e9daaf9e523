"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.methods import gradients
from redrawn.methods.gradients import gramian, two_valleys, valley
from redrawn.studies import ensemble
from redrawn.studies.multi_task_gradients import (
    aggregators,
    alignment,
    balance,
    competing,
    convex_steps,
    instance_wise,
    overlaid,
    probes,
    scalpel,
    scalpel_fronts,
    surgery,
    trajectories,
)

MODULES = (
    surgery,
    convex_steps,
    overlaid,
    aggregators,
    instance_wise,
    alignment,
    scalpel,
    balance,
    competing,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


@pytest.mark.parametrize("method", surgery.METHODS)
def test_descent_of_the_valley_is_torchs_adam(method):
    small = surgery.Settings(updates=400, every=50)
    frame = surgery.descend(small, method)
    point = torch.tensor(valley.START, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([point], lr=small.learning_rate)
    for update in range(small.updates):
        if update % 50 == 0:
            row = frame[frame["update"] == update].iloc[0]
            np.testing.assert_allclose([row.x, row.y], point.detach(), rtol=1e-6)
        ax, ay, bx, by = valley.gradients(*point.tolist())
        pair = np.array([[[ax, ay], [bx, by]]])
        gram = pair @ pair.swapaxes(1, 2)
        w = gradients.pcgrad_weights(gram) if method != "Adam" else np.ones((1, 2))
        point.grad = torch.from_numpy(w[0] @ pair[0])
        adam.step()


def test_theorems_hold_on_few_quadratics_and_their_conditions_matter():
    small = convex_steps.Settings(instances=100, pairs=20, steps=1500, seeds=2)
    found = convex_steps.better_steps(small, 0).groupby("conditions").worse.mean()
    assert found["met"] == 0 and found["outside"] > 0.5
    assert max(convex_steps.ends_elsewhere(small, 0)) == 0
    early = replace(small, steps=2)
    assert min(convex_steps.ends_elsewhere(early, 0)) > 0.5


def test_overlay_puts_the_first_digit_at_top_left():
    images = np.stack([np.full((14, 14), 0.25), np.full((14, 14), 0.75)])
    canvas, labels = overlaid.overlay(images, np.array([3, 8]), 50, np.random.default_rng(0))
    bright = {3: 0.25, 8: 0.75}
    assert labels.shape == (2, 50)
    for picture, first, second in zip(canvas, *labels, strict=True):
        assert picture[0, 0] == bright[first] and picture[-1, -1] == bright[second]
        assert picture[9, 9] == max(bright[first], bright[second])
        assert picture[0, -1] == picture[-1, 0] == 0


def test_overlaid_trains_and_repeats():
    small = overlaid.Settings(pairs=100, epochs=2, seeds=2, tests=50)
    frame = overlaid.train(small, 0, "cpu")
    assert frame.equals(overlaid.train(small, 0, "cpu"))
    assert set(frame.method) == set(overlaid.METHODS) and len(frame) == 3 * 2 * 2
    assert frame.aligned.max() < 1e-6 and frame.condition.min() >= 1
    assert (overlaid.gain(frame, "sum") == 0).all()
    (x, _), (test, _) = overlaid.data(small, 0)
    assert x.shape == (2, 100, 18, 18) and test.shape == (2, 50, 18, 18)


@pytest.fixture(scope="module")
def tiny():
    return replace(instance_wise.SETTINGS["quick"], replicates=2, epochs=1, rates=(0.1,),
                   hidden=(8,), batch=8, examples=64)  # fmt: skip


def test_properties_and_their_table():
    frame = aggregators.properties(aggregators.Settings(5, 2), 0)
    assert len(frame) == 7 * 3 * 2
    assert aggregators.agreement(frame) == [1, 1]
    flipped = frame.assign(violation=np.where(frame.aggregator == "mean", 1.0, frame.violation))
    assert max(aggregators.agreement(flipped)) < 1
    assert min(aggregators.violation(frame, "UPGrad", "non-conflicting")) > -1e-9


def test_trajectories_follow_closed_forms():
    frame = trajectories.descend(("mean", "UPGrad"))
    left = trajectories.remaining(frame)
    assert left["UPGrad"] == pytest.approx(0.925**50, rel=1e-6) == left["mean"]
    assert trajectories.off_front(frame, "UPGrad") < 0.05
    assert trajectories.rises(frame, "mean") > trajectories.rises(frame, "UPGrad")


def test_rises_counts_steps_on_which_an_objective_rises():
    frame = pd.DataFrame({"problem": "CQF", "aggregator": "a", "start": [0] * 4 + [1] * 4,
                          "step": [0, 1, 2, 3] * 2, "first": [3, 2, 1, 0, 3, 2, 4, 5],
                          "second": [3, 2, 2.5, 2, 0, 0, 0, 1]})  # fmt: skip
    assert trajectories.rises(frame, "a") == 1.5


def test_instance_wise_is_plain_descent_for_the_mean(tiny):
    frame = instance_wise.train(tiny, 0, "cpu", ("mean", "UPGrad"))
    assert len(frame) == 2 * 2 and np.isfinite(frame.loss).all()
    rows = frame[frame.aggregator == "mean"]
    np.testing.assert_allclose(rows.cosine, 1, rtol=1e-6)
    assert (frame[frame.aggregator == "UPGrad"].cosine < 1).all()
    x, y = instance_wise.examples(tiny, 0, "cpu")
    source = ensemble.generator(0)
    layers = gramian.init_perceptron((196, 8, 10), 2, source)
    parameters = [p.requires_grad_() for pair in layers for p in pair]
    descent = torch.optim.SGD(parameters, lr=0.1)
    losses = []
    for part in torch.randperm(64, generator=source).split(8):
        each = balance.cross_entropy(gramian.logits(layers, x[:, part]), y[:, part])
        descent.zero_grad()
        each.sum().backward()
        descent.step()
        losses.append(each.detach())
    np.testing.assert_allclose(rows.loss, torch.stack(losses).mean(0), rtol=1e-4)


def test_best_takes_each_aggregators_own_rate_and_no_number_never_wins():
    frame = pd.DataFrame({"aggregator": ["a"] * 4 + ["b"] * 4, "rate": [1, 1, 2, 2] * 2,
                          "seed": [0, 1] * 4, "loss": [1, 1, 2, 2, 3, 3, 0, np.nan]})  # fmt: skip
    chosen = instance_wise.best(frame)
    assert set(zip(chosen.aggregator, chosen.rate, strict=True)) == {("a", 1), ("b", 1)}


def test_both_routes_give_one_update(tiny):
    difference, ratio = instance_wise.routes(tiny, 0, "cpu", wide=8)
    assert max(difference) < 1e-4 and ratio > 0


def test_alignment_runs_every_method_from_every_start():
    small = replace(alignment.SETTINGS["quick"], updates=20, longer=40, every=10)
    frame = alignment.descend(small)
    assert len(frame) == 5 * 6 * 5
    first = frame[frame["update"] == 0]
    for start, point in enumerate(two_valleys.STARTS):
        assert (first[first.start == start][["x", "y"]].to_numpy() == point).all()
    assert alignment.lowest(0.5) == pytest.approx(-15.092, abs=1e-3)
    assert set(alignment.largest_gaps(small, frame)) == {"sum", "PCGrad", "MGDA", "Aligned-MTL"}
    moved = frame[(frame.share == 0.5) & (frame["update"] == 40)]
    assert len(set(moved.groupby("method").x.std())) == 4
    planted = pd.DataFrame(
        {"method": "Aligned-MTL", "update": 40, "share": [0.3, 0.7], "x": [-2.8, 3]}
    )
    assert alignment.off_preset(planted, 40) == pytest.approx(0.2)


def test_noise_and_bias_of_bloop():
    small = replace(scalpel.SETTINGS["quick"], seeds=2, draws=10, batches=100)
    frame = scalpel.noise(small, 0, "cpu")
    assert len(frame) == 2 * 13 and all(0.7 < c < 1.4 for c in scalpel.crossing(frame))
    low, high = scalpel.at_noise(frame, "low"), scalpel.at_noise(frame, "high")
    assert max(low["projected"]) < min(low["mixed"]) and max(high["mixed"]) < min(high["projected"])
    ends = scalpel.bias()
    mixed, kept = (ends[ends.method == m] for m in ("mixed", "Bloop"))
    np.testing.assert_allclose(mixed.distance, mixed.weight / (1 + mixed.weight), rtol=1e-6)
    assert kept.distance.max() < 1e-6
    np.testing.assert_allclose(kept.auxiliary, 0.5, rtol=1e-4)  # as low as the main loss allows


def test_directions_of_methods():
    main, aux = torch.randn((2, 3, 4, 6), generator=torch.Generator().manual_seed(0)).double()
    weight = torch.full((1, 4, 1), 0.3).double()
    both = scalpel.direction("PCGrad", main, aux, main, weight)
    g, h = main[1, 2], 0.3 * aux[1, 2]
    conflict = (g @ h).clamp_max(0)
    expected = g - conflict / (h @ h) * h + h - conflict / (g @ g) * g
    torch.testing.assert_close(both[1, 2], expected)
    torch.testing.assert_close(
        scalpel.direction("mixed", main, aux, main, weight), main + 0.3 * aux
    )
    alone = scalpel.direction("no average", main, aux, main, weight)
    torch.testing.assert_close((alone * main).sum(-1), main.square().sum(-1))


def test_fronts_in_miniature():
    small = replace(scalpel.SETTINGS["quick"], seeds=2, weights=3, epochs=5, images=400, image_epochs=8,
                    examples=64, dimension=70, batch=16)  # fmt: skip
    noisy = scalpel_fronts.quadratic(small, 0, "cpu")
    assert len(noisy) == 5 * 3 * 2 and np.isfinite(noisy.main).all()
    opposed = scalpel_fronts.quadratic(small, 0, "cpu", opposed=True)
    still = opposed[opposed.method == "mixed"]
    np.testing.assert_allclose(still.main, still.start, rtol=1e-5)  # d = 0: it never moves
    pictures = scalpel_fronts.images(small, 0, "cpu")
    assert set(pictures.method) == set(scalpel.METHODS) and np.isfinite(pictures.auxiliary).all()


def test_advantage_is_in_decades_over_the_shared_range():
    rows = [
        (m, s, 0, 10.0 ** (shift - s), s) for m, shift in (("a", 2), ("b", 3)) for s in (1.0, 2, 3)
    ]
    frame = pd.DataFrame(rows, columns=["method", "weight", "seed", "main", "auxiliary"])
    assert scalpel_fronts.advantage(frame, "a", "b") == pytest.approx([1])
    assert scalpel_fronts.advantage(frame, "b", "a") == pytest.approx([-1])


def test_balance_trains_and_repeats():
    small = replace(balance.SETTINGS["quick"], images=100, tests=50, epochs=2, seeds=2)
    frame = balance.train(small, 0, "cpu")
    assert frame.equals(balance.train(small, 0, "cpu")) and len(frame) == 5 * 2 * 2
    last = balance.final(frame)
    assert set(balance.pair(last, "gap")) == {"joint", "BalGrad"}
    np.testing.assert_allclose(last.gap, (last.left - last.right).abs())
    (left, right, _), _ = balance.views(small, 0, "cpu")
    assert left.mean((0, 1)).abs().max() < 1e-5 and right.std() > left.std()


def test_own_heads_leave_encoders_alone():
    shapes = [
        torch.Size(s)
        for s in (
            (98, 4),
            (1, 4),
            (98, 4),
            (1, 4),
            (8, 10),
            (1, 10),
            (4, 10),
            (1, 10),
            (4, 10),
            (1, 10),
        )
    ]
    flat = torch.randn((1, sum(s.numel() for s in shapes)), requires_grad=True)
    x, y = torch.randn(2, 1, 6, 98), torch.randint(10, (1, 6))
    _, own, read = balance.forward(flat, shapes, *x)
    torch.testing.assert_close(own, read)
    encoders = 2 * (98 * 4 + 4)
    (slope,) = torch.autograd.grad(
        sum(balance.cross_entropy(z, y).sum() for z in read), flat, retain_graph=True
    )
    assert (slope[:, :encoders] == 0).all() and (slope[:, encoders + 90 :] != 0).any()
    (slope,) = torch.autograd.grad(sum(balance.cross_entropy(z, y).sum() for z in own), flat)
    assert (slope[:, :encoders] != 0).any()


def test_competition_in_miniature():
    small = replace(
        competing.SETTINGS["quick"], samples=100, seeds=2, steps=40, tests=50, neurons=3
    )
    frame, curve = competing.train(small, 0, "cpu")
    assert len(frame) == 2 * 10 * (2 + 1 + 1) and set(curve.network) == set(competing.NETWORKS)
    assert frame.groupby(["network", "seed"]).learned.max().eq(1).all()
    alone, _ = competing.train(small, 0, "cpu", ("joint",))
    joint = frame[frame.network == "joint"]
    np.testing.assert_allclose(alone.learned, joint.learned)
    assert set(competing.errors(curve)) == {*competing.NETWORKS, "best alone"}


def test_what_is_read_off_the_features():
    columns = ["network", "seed", "modality", "class", "start", "learned"]
    rows = [("joint", 0, 0, 0, 2.0, 1.0), ("joint", 0, 1, 0, 1.0, 0.1), ("joint", 0, 0, 1, 1.0, 0.9),
            ("joint", 0, 1, 1, 3.0, 0.95), ("first alone", 0, 0, 0, 1.0, 1.0), ("first alone", 0, 0, 1, 1.0, 0.1)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    assert competing.one_sided(frame).tolist() == [0.5]
    assert competing.start_predicts(frame) == [1.0]
    assert competing.learned_alone(frame).tolist() == [0.5]


def test_probes_in_miniature():
    small = replace(balance.SETTINGS["quick"], images=100, tests=50, seeds=2)
    frame = probes.accuracies(small, 0, "cpu", epochs=1)
    assert len(frame) == 2 * 2 * 2 and frame.accuracy.between(0, 1).all()
