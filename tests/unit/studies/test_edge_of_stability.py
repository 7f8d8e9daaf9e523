"""Studies of the first six papers at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.studies.edge_of_stability import (
    batch_curvature,
    beyond_scalar,
    crossover,
    diagonal_solutions,
    effective_scale,
    first_order_flatness,
    flooding,
    large_batches,
    largest_steps,
    minima,
    network_flow,
    opposing,
    opposing_examples,
    penalties,
    pretraining,
    regression_flow,
    regularisation_cost,
    regularised_accuracy,
    relu_solutions,
    scalar_flow,
    stable_moments,
    temporal_order,
    wall,
    warm_up,
)

MODULES = (
    batch_curvature, crossover, diagonal_solutions, effective_scale, first_order_flatness, flooding, large_batches,
    largest_steps, network_flow, opposing, opposing_examples, penalties, pretraining, regression_flow,
    regularised_accuracy, relu_solutions, scalar_flow, stable_moments, temporal_order, wall, warm_up,
)  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_rises_are_taken_within_a_run():
    frame = pd.DataFrame({"depth": 2, "step_size": 0.1, "start": [0, 0, 1, 1], "iteration": [0, 1, 0, 1],
                          "loss": [4.0, 2.0, 8.0, 12.0], "flow_sharpness": [1.0, 1.0, 2.0, 1.0]})  # fmt: skip
    assert scalar_flow.rises(frame, "loss").rise.tolist() == [-0.5, 0.5]
    assert scalar_flow.largest_rise(frame) == [0.0]
    assert scalar_flow.share_rising(frame) == [0.5]


def test_flow_solutions_in_miniature():
    small = replace(scalar_flow.SETTINGS["quick"], starts=5, steps=20)
    assert max(scalar_flow.largest_rise(scalar_flow.scalar_runs(small, 0, "cpu"))) < 1e-12
    small = replace(network_flow.SETTINGS["quick"], seeds=2, steps=4, every=2, flow=5)
    frame = network_flow.descend(small, 0, "cpu")
    assert len(frame) == 6 and frame.notna().all().all()
    assert len(beyond_scalar.share_of_rises(frame, 0.01)) == 2


def test_gradient_of_the_network_is_that_of_automatic_differentiation():
    source = torch.Generator().manual_seed(0)
    w, x, y = (
        torch.randn(3, *shape, generator=source, dtype=torch.float64)
        for shape in ((4 * 7 + 4,), (5, 7), (5,))
    )
    expected = torch.func.grad(lambda p: network_flow._loss(p, x, y).sum())(w)
    torch.testing.assert_close(network_flow._gradient(w, x, y), expected)


def test_height_and_opposition_by_hand():
    frame = pd.DataFrame({"seed": 0, "loss": [1.0, 0.01, 10.0, 0.1], "sharpness": [0.0, 1e3, 1e3, 1e3],
                          "plus": [0.0, 1.0, 3.0, 2.0], "minus": [0.0, -1.0, -3.0, -2.0]})  # fmt: skip
    assert opposing.height(frame) == [pytest.approx(3)]
    assert opposing.opposition(frame) == [pytest.approx(-1)]


def test_groups_are_judged_after_they_are_chosen():
    settings = replace(opposing_examples.SETTINGS["quick"], group=2, later=10, transient=10)
    losses = np.random.default_rng(0).random((80, 1, 30)) * 0.01
    losses[20] += np.linspace(-1, 2, 30)  # the largest rise is from 19 to 20
    step, order = opposing_examples.groups(losses, settings)
    assert step.tolist() == [19] and order[0][0] == 0 and order[0][-1] == 29
    assert abs(opposing_examples.correlations(losses, settings, 0)["opposing"][0]) < 0.9


def test_networks_that_diverge_are_left_out():
    tiny = replace(opposing_examples.SETTINGS["quick"], seeds=6, pictures=30, hidden=4, steps=80)
    kept = {}
    for rate in (0.4, 1.2, 3.0):
        losses, chosen, ends = opposing_examples.perceptron(
            replace(tiny, learning_rate=rate), 0, "cpu"
        )
        kept[rate] = len(ends)
        assert losses.shape == (80, kept[rate], 30) and chosen.shape == (kept[rate], 30)
        assert np.isfinite(losses).all() and np.isfinite(ends).all()
    assert kept[0.4] == 6 > kept[1.2] > kept[3.0] == 0


def test_largest_rate_that_trains():
    frame = pd.DataFrame(
        {"way": "none", "seed": 0, "exponent": [-3, -2, -1], "loss": [0.5, 0.9, 3.0]}
    )
    assert warm_up.largest(frame).exponent.tolist() == [-2]


def test_powers_end_in_their_cycle():
    for p, found in penalties.edge_of_powers().items():
        assert found == pytest.approx(p - 1)


def test_forward_differences_take_fewer_operations():
    assert regularisation_cost.ratios("cpu", width=8, batch=4)[0] < 1


def test_converged_runs_alone_count():
    frame = pd.DataFrame(
        {"seed": [0, 0], "step_size": [0.1, 0.2], "loss": [0.0, 1.0], "trace": [4.0, 90.0]}
    )
    assert minima.largest_product(frame) == [pytest.approx(0.2)]
