"""The study of semidefinite bounds at its smallest."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from redrawn.studies.lipschitz_estimation import sdp, sdp_figures, sdp_ratios

TINY = replace(sdp.SETTINGS["quick"], nets=("2fc_4", "3fc_4"), infinity_nets=("2fc_4",), steps=5,
               points=50, seeds=2, batch=16)  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    return sdp.bounds(TINY, 0, "cpu")


def test_every_profile_has_settings():
    assert set(sdp.SETTINGS) == {"quick", "standard", "paper"}
    assert sdp.shape("18fc_128") == (18, 128)


def test_networks_repeat_and_differ():
    runs = [
        sdp.trained(TINY, "2fc_4", torch.Generator().manual_seed(s), "cpu", 4)[0] for s in (0, 0, 1)
    ]
    first, again, other = ([layers[0][0] for layers in nets] for nets in runs)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first[0], other[0]) and not torch.equal(first[0], first[1])


def test_bounds_are_in_order(frame):
    table = frame.pivot(index=["norm", "net", "seed"], columns="method", values="bound")
    assert len(table) == 6 and table.drop(columns="new, S and P free").notna().all(axis=None)
    order = ["sampled", "all patterns", "one ReLU", "new", "product"]
    for low, high in pairwise(order):
        assert (table[low] <= table[high] * (1 + 1e-4)).all(), (low, high)
    assert (table["one ReLU"] <= table["two ReLUs"] * (1 + 1e-4)).all()
    assert (table["one ReLU"] < 0.95 * table["two ReLUs"]).any()


def test_ratios_and_depth(frame):
    euclidean = frame[frame.norm == "l2"]
    found = sdp_ratios.ratios(euclidean, "new", "product")
    assert found.shape == (2, 2) and (found < 1.001).all(axis=None)
    assert list(sdp_ratios.ratios(euclidean, "new", "new, S and P free")) == ["2fc_4"]
    assert sdp_ratios.largest(found, 2 * found)[0] == pytest.approx(2 * max(found.loc[0]))
    assert sdp_ratios.exceeding(found, 2 * found)[1] == (2 * found.loc[1] > 1).mean() / 2
    depths = sdp_ratios.orders_by_depth(euclidean)
    assert list(depths) == ["2 layers", "3 layers"]
    assert 10 ** -depths["3 layers"][1] == pytest.approx(found["3fc_4"][1])


def test_figures_show_every_network_and_method(frame):
    both = sdp_figures.bounds(frame).axes
    assert [t.get_text() for t in both[0].get_xticklabels()] == ["2fc_4", "3fc_4"]
    assert len(both[0].containers) == len(sdp_figures.METHODS)
    assert len(sdp_figures.depth(frame[frame.norm == "l2"]).axes[0].lines) == 5


def test_other_activations():
    frame = sdp.groups_of_four(TINY, 0, "cpu", "2fc_8")
    table = frame.pivot(index=["net", "seed"], columns="method", values="bound")
    assert len(table) == 4 and (table["all patterns"] <= table["new"] * (1 + 1e-4)).all()
    assert (table["new"] <= table["product"] * (1 + 1e-4)).all()
