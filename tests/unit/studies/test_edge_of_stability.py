"""The studies of the first six papers at their smallest: the shape of what they return, and what must be exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from redrawn.studies.edge_of_stability import (
    dynamical_stability,
    flow_solutions,
    opposing,
    penalties,
    regularisation,
    warm_up,
)

MODULES = (dynamical_stability, flow_solutions, opposing, penalties, regularisation, warm_up)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_rises_are_taken_within_a_run():
    frame = pd.DataFrame({"depth": 2, "step_size": 0.1, "start": [0, 0, 1, 1], "iteration": [0, 1, 0, 1],
                          "loss": [4.0, 2.0, 8.0, 12.0], "flow_sharpness": [1.0, 1.0, 2.0, 1.0]})  # fmt: skip
    assert flow_solutions.rises(frame, "loss").rise.tolist() == [-0.5, 0.5]
    assert flow_solutions.largest_rise(frame) == [0.0]
    assert flow_solutions.share_rising(frame) == [0.5]


def test_flow_solutions_in_miniature():
    small = replace(flow_solutions.SETTINGS["quick"], starts=5, steps=20, seeds=2, network_seeds=2,
                    network_steps=4, every=2, flow=5, edge_steps=5)  # fmt: skip
    assert max(flow_solutions.largest_rise(flow_solutions.scalar_runs(small, 0, "cpu"))) < 1e-12
    frame = flow_solutions.network(small, 0, "cpu")
    assert len(frame) == 6 and frame.notna().all().all()
    assert len(flow_solutions.share_of_rises(frame, 0.01)) == 2


def test_height_and_opposition_by_hand():
    frame = pd.DataFrame({"seed": 0, "loss": [1.0, 0.01, 10.0, 0.1], "sharpness": [0.0, 1e3, 1e3, 1e3],
                          "plus": [0.0, 1.0, 3.0, 2.0], "minus": [0.0, -1.0, -3.0, -2.0]})  # fmt: skip
    assert opposing.height(frame) == [pytest.approx(3)]
    assert opposing.opposition(frame) == [pytest.approx(-1)]


def test_groups_are_judged_after_they_are_chosen():
    settings = replace(opposing.SETTINGS["quick"], group=2, later=10, transient=10)
    losses = np.random.default_rng(0).random((80, 1, 30)) * 0.01
    losses[20] += np.linspace(-1, 2, 30)  # the largest rise is from 19 to 20
    step, order = opposing.groups(losses, settings)
    assert step.tolist() == [19] and order[0][0] == 0 and order[0][-1] == 29
    assert abs(opposing.correlations(losses, settings, 0)["opposing"][0]) < 0.9


def test_largest_rate_that_trains():
    frame = pd.DataFrame(
        {"way": "none", "seed": 0, "exponent": [-3, -2, -1], "loss": [0.5, 0.9, 3.0]}
    )
    assert warm_up.largest(frame).exponent.tolist() == [-2]


def test_powers_end_in_their_cycle():
    for p, found in penalties.edge_of_powers().items():
        assert found == pytest.approx(p - 1)


def test_forward_differences_take_fewer_operations():
    assert regularisation.cost("cpu", width=8, batch=4)[0] < 1


def test_converged_runs_alone_count():
    frame = pd.DataFrame(
        {"seed": [0, 0], "step_size": [0.1, 0.2], "loss": [0.0, 1.0], "trace": [4.0, 90.0]}
    )
    assert dynamical_stability.largest_product(frame) == [pytest.approx(0.2)]
