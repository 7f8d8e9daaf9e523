from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.studies.edge_of_stability import (
    batch_curvature,
    crossover,
    digit_networks,
    first_order_flatness,
    generalisation_gap,
    large_batches,
    largest_steps,
    pretraining,
    temporal_order,
    walk,
    wall,
)
from redrawn.studies.edge_of_stability.clothes import epochs


def test_epochs_see_every_picture_once():
    order = epochs(12, 4, 2, 7, torch.Generator().manual_seed(0))
    assert order.shape == (7, 2, 4)
    for epoch in (order[:3], order[3:6]):
        for i in range(2):
            assert sorted(epoch[:, i].flatten().tolist()) == list(range(12))
    assert (order[0] != order[3]).any()


def test_flatness_in_miniature():
    settings = replace(
        first_order_flatness.SETTINGS["quick"], pictures=200, steps=3, seeds=2, width=8, products=5
    )
    frame = first_order_flatness.compare(settings, 0, "cpu")
    assert set(frame.method) == {"SGD", "SGD longer", "SAM", "GAM"} and len(frame) == 8
    assert (frame.eigenvalue > 0).all() and frame.accuracy.between(0, 1).all()


def test_walls_are_resolved():
    settings = wall.SETTINGS["quick"]
    frame = wall.walls(settings, "cpu")
    finer = wall.walls(replace(settings, line=60_001), "cpu")
    np.testing.assert_allclose(frame.gradient, finer.gradient, rtol=1e-3)
    np.testing.assert_allclose(frame.curvature, finer.curvature, rtol=1e-2)


def test_rescaled_steps_have_a_largest_length():
    settings = replace(wall.SETTINGS["quick"], descent_steps=60)
    _, paths = wall.descend(settings, 0, "cpu")
    rows = paths[paths.method == "rescaled"]
    longest = np.hypot(np.diff(rows.w), np.diff(rows.b)).max()
    assert longest <= settings.threshold * settings.descent_rate * (1 + 1e-9)


def test_order_in_miniature():
    settings = replace(
        temporal_order.SETTINGS["quick"], updates=20, every=10, seeds=2, units=16, unseen=50
    )
    frame = temporal_order.learn(settings, 0, "cpu")
    assert len(frame) == 6 and (frame.updates == 20).all() and frame.wrong.between(0.01, 1).all()


def test_fits_find_the_logarithm():
    settings = large_batches.SETTINGS["quick"]
    steps = np.geomspace(20, settings.walk, 30)
    frame = pd.DataFrame({"seed": 0, "step": steps, "distance": 2 + 3 * np.log(steps)})
    found = walk.fits(frame)
    assert found["logarithm"][0] < 1e-12 < 0.01 < found["root"][0] < found["linear"][0]


def test_one_ghost_and_no_step_are_the_start():
    settings = replace(
        large_batches.SETTINGS["quick"], pictures=512, epochs=1, walk=30, width=8, seeds=2, looks=4
    )
    ways = generalisation_gap.accuracies(settings, 0, "cpu")
    assert list(ways.way.unique()) == ["small", "large", "rate", "ghost", "regime"]
    frame = walk.distances(settings, 0, "cpu")
    small = frame[frame.batch == settings.small].groupby("step").distance.mean()
    assert small.is_monotonic_increasing and small.iloc[0] > 0


def test_batches_of_all_pictures_have_no_excess():
    settings = replace(batch_curvature.SETTINGS["quick"], pictures=80, networks=2, draws=2, width=4, trained=5,
                       products=15, batches=(8, 79))  # fmt: skip
    frame = batch_curvature.eigenvalues(settings, 0, "cpu").set_index("batch")
    assert (frame.excess >= -1e-6).all()
    assert frame.loc[79].excess.max() < 0.1 * frame.loc[8].excess.min()


def test_own_units_make_steps_of_own_size():
    source = torch.Generator().manual_seed(0)
    x, y = digit_networks.digits(40, 7, source, "cpu")
    flat, shapes = digit_networks.networks(2, 7, 4, source, "cpu")
    rates = torch.tensor([[0.1], [0.02]], dtype=torch.float64)
    draws = torch.randint(40, (3, 2, 8), generator=source)
    kinds = {"SGD": torch.optim.SGD, "Adam": lambda p, lr: torch.optim.Adam(p, lr, eps=1e-30)}
    for method, kind in kinds.items():
        found = largest_steps._run(method, flat, shapes, rates, x, y, draws)
        for i in range(2):
            own = flat[i : i + 1].clone().requires_grad_()
            optimizer = kind([own], lr=float(rates[i]))
            for places in draws[:, i]:
                optimizer.zero_grad()
                digit_networks.losses(
                    own, shapes, x[places][None], y[places][None]
                ).sum().backward()
                optimizer.step()
            torch.testing.assert_close(found[i], own[0].detach())


def test_pretraining_in_miniature():
    settings = replace(
        pretraining.SETTINGS["quick"], context=6, width=4, steps=3, seeds=2, unseen=5
    )
    frame = pretraining.pretrain(settings, 0, "cpu")
    assert len(frame) == 2 * len(pretraining.recipes(settings)) and np.isfinite(frame.loss).all()
    assert len(pretraining.decays(frame, settings, "stream")["decay"]) == 2
    assert (pretraining.best_over_largest(frame) <= 1).all()


def test_curves_cross_between_the_sizes_where_the_lead_changes():
    settings = replace(crossover.SETTINGS["quick"], sizes=(8, 16, 32), runs=3)
    frame = crossover.curves(settings, 0, "cpu")
    assert len(frame) == 2 * 3 * 2 * 3
    rows = frame.assign(expected=np.where(frame.recipe == "large", frame["size"] / 16, 1.1))
    assert crossover.crossing(rows, 1.0) == pytest.approx(16 * 1.1)
    assert crossover.crossing(rows.assign(expected=1.0), 1.0) == np.inf
