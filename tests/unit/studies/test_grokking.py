"""The studies at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.studies.grokking import corruption, edge, lazy, lazy_curves

MODULES = (edge, corruption, lazy)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


@pytest.fixture(scope="module")
def tiny_edge():
    return replace(edge.SETTINGS["quick"], p=7, width=12, epochs=20, every=5, seeds=2)


@pytest.mark.parametrize("method", ["perp", "stablemax", "float16", "float32", "float64"])
def test_every_method_trains_and_repeats(tiny_edge, method):
    frame = edge.train(tiny_edge, method, 0, "cpu")
    assert frame.equals(edge.train(tiny_edge, method, 0, "cpu"))
    assert not frame.equals(edge.train(tiny_edge, method, 1, "cpu"))
    assert np.isfinite(frame.drop(columns="method")).all().all() and len(frame) == 10
    assert frame[frame.epoch == 20].train.min() > frame[frame.epoch == 0].train.max()


def test_split_is_a_partition(tiny_edge):
    a, ya, b, yb = edge.split(tiny_edge, torch.Generator().manual_seed(0), "cpu")
    both = torch.cat([a, b], 1)
    assert all(len({tuple(r) for r in rows.tolist()}) == 49 for rows in both)
    assert (both.sum(-1) % 7 == torch.cat([ya, yb], 1)).all()


def test_first_epoch_and_delay_count_the_budget_where_nothing_is_reached():
    frame = pd.DataFrame({"method": "m", "seed": [0, 0, 0, 1, 1, 1], "epoch": [0, 5, 10] * 2,
                          "train": [0, 1, 1] * 2, "test": [0, 0, 1, 0, 0, 0]})  # fmt: skip
    assert edge.first_epoch(frame, "test", 0.5)["m"].tolist() == [10, 10]
    assert edge.delay(frame, "m").tolist() == [5, 10]


def test_threshold_and_homogeneity(tiny_edge):
    assert edge.threshold_error() < 0.1
    assert edge.homogeneity_error(tiny_edge, 0, "cpu").max() < 1e-5


def test_corruption_in_miniature():
    small = replace(corruption.SETTINGS["quick"], p=11, hidden=40, steps=40, seeds=2)
    frame, trained, sets = corruption.train(small, 0, "cpu")
    assert set(frame.decay) == set(corruption.DECAYS)
    assert (sets["labels"] == sets["truth"])[~sets["wrong"]].all()
    share = (sets["labels"] != sets["truth"]).float().mean().item()
    assert abs(share - 0.35 * 10 / 11) < 0.12
    pruned = corruption.prune(small, trained[0.0], sets, 0)
    end = frame[(frame.decay == 0) & (frame.step == 40)].sort_values("seed").test.to_numpy()
    for order in corruption.ORDERS:  # nothing pruned: the trained network
        np.testing.assert_allclose(corruption.pruned(pruned, order, 0.0, "test"), end)
    ratios = corruption.participation(trained)
    assert len(ratios) == 4 * 2 * 40 and ratios.ipr.between(0, 1.0001).all()


def test_decay_is_the_decoupled_one_of_torch():
    small = replace(corruption.SETTINGS["quick"], p=7, hidden=10, steps=6, seeds=1)
    _, trained, sets = corruption.train(small, 0, "cpu")
    source = corruption.generator(0)
    corruption.data(small, source, "cpu")
    start = corruption.grokking.init_quadratic(7, 10, 1, source)
    weights = [w.clone().requires_grad_() for w in start]
    adam = torch.optim.AdamW(weights, lr=0.01, betas=(0.9, 0.98), eps=1e-8, weight_decay=5.0)
    goal = torch.nn.functional.one_hot(sets["labels"], 7).float()
    for _ in range(6):
        adam.zero_grad()
        (corruption.grokking.quadratic(weights, sets["pairs"]) - goal).square().mean().backward()
        adam.step()
    for found, expected in zip(trained[5.0], weights, strict=True):
        torch.testing.assert_close(found, expected.detach(), atol=1e-6, rtol=1e-4)


def test_lazy_in_miniature():
    small = replace(lazy.SETTINGS["quick"], dimension=8, samples=30, steps=50, hidden=30, seeds=2)
    frame, deviation = lazy.run(small, 0, "cpu")
    assert deviation.max() < 0.1
    first = frame[(frame.step == 0) & (frame.name == "α = 2")]
    y = lazy.target(*lazy.draw(small, 0, "cpu")[:2])
    np.testing.assert_allclose(first.train, y.square().mean(1))  # centred: starts at zero
    np.testing.assert_allclose(frame.test, frame[["size", "misaligned", "linear"]].sum(axis=1))
    assert (
        frame[frame.step == 50].train.to_numpy() < frame[frame.step == 0].train.to_numpy()
    ).all()
    np.testing.assert_allclose(lazy_curves.kernel_ratio(small, frame, 0, "cpu"), 1, atol=0.1)
