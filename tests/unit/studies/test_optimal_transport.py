"""The studies at their smallest: the shape of what they return, and what must be exact."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from redrawn.methods.transport import porous_medium as pm
from redrawn.studies.ensemble import generator
from redrawn.studies.optimal_transport import (
    flows,
    gradient_networks,
    monge,
    newton_costs,
    particles,
    porous,
    problems,
    sinkhorn_newton,
    sparse_plans,
)

MODULES = (flows, gradient_networks, monge, particles, problems, sparse_plans)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_profile_has_settings(module):
    assert set(module.SETTINGS) == {"quick", "standard", "paper"}


def test_newton_is_ahead_even_in_miniature(monkeypatch):
    small = replace(problems.SETTINGS["quick"], points=60, side=7, cap=400, seeds=2, eta=200)
    frame = sinkhorn_newton.compare(small, 0)
    assert (frame.gap > 0).all() and not frame.isna().any().any()
    counts = sinkhorn_newton.arrivals(frame, "assignment").set_index("method").iteration
    assert counts["SNS"].max() < counts["Sinkhorn"].min()
    operations = sinkhorn_newton.arrivals(frame, "assignment", "operations")
    assert operations.groupby("method").operations.max()["SNS"] > 4 * 60**2
    # a clock that ticks once a look: Sinkhorn's first sweep and those timed, scaled up, over one tick of Newton's
    monkeypatch.setattr(newton_costs, "process_time", itertools.count().__next__)
    sweeps = counts["Sinkhorn"] - 1
    expected = np.log10(1 + sweeps / np.minimum(sweeps, small.timed))
    np.testing.assert_allclose(newton_costs.time_ratios(small, frame, "assignment", 0), expected)
    assert sinkhorn_newton.newton_steps(frame).shape == (2,)
    assert sinkhorn_newton.acceleration(frame).shape == (2,)


def test_what_does_not_arrive_is_capped_for_sinkhorn_and_endless_for_others():
    rows = [(m, 0, "assignment", 50, gap) for m, gap in (("Sinkhorn", 1e-5), ("SNS", 1e-5))]
    frame = pd.DataFrame(rows, columns=["method", "seed", "case", "iteration", "gap"])
    found = sinkhorn_newton.arrivals(frame, "assignment").set_index("method").iteration
    assert found["Sinkhorn"] == 50 and found["SNS"] == np.inf


def test_digits_are_densities():
    problem = problems.digit_pair(14, "cityblock", 1200.0, 0, 0)
    assert problem.r.sum() == pytest.approx(1) and problem.cost.max() == 1


def test_rounding_does_not_decide_between_digits():
    settings = problems.SETTINGS["quick"]
    rng, case = np.random.default_rng(1), "digits, L1"
    counts = []
    for i in range(4):
        exact = problems.build(case, settings, 0, i)
        n = len(exact.r)
        off = [1 + 2.3e-16 * rng.integers(-1, 2, n) for _ in range(2)]
        moved = replace(exact, r=exact.r * off[0], c=exact.c * off[1])
        assert (moved.r != exact.r).any() and (moved.c != exact.c).any()
        for p in (exact, moved):
            steps = problems.KEPT[case] * n
            warm = problems.warm_sweeps(case, n)
            rows, best = sinkhorn_newton.run_sns(p, warm, steps, settings.newton)
            counts.append(next(row[1] for row in rows if best - row[3] < sinkhorn_newton.GAP))
    exact, moved = np.array(counts).reshape(-1, 2).T
    assert np.abs(exact - moved).max() <= 2


def test_values_fall_with_k_and_lie_above_transport():
    frame = sparse_plans.sweep(replace(sparse_plans.SETTINGS["quick"], seeds=2), 0)
    for _, run in frame.groupby("seed"):
        assert (np.diff(run.value) < 1e-6).all()
        assert (run.value > run.exact).all()
    assert frame.excess.max() <= 0


def test_segments_that_cross():
    x = np.array([[0.0, 0], [1, 0], [0, 5]])
    assert monge.crossings(x, np.array([[1.0, 1], [0, 1], [1, 5]])) == 1
    assert monge.crossings(x, x + 1) == 0


def test_toy_field_is_a_gradient():
    def potential(x):
        a, b = x
        return a**4 + b / 2 + a * b / 2 + 1.5 * b**2 - b**3 / 3

    x = torch.tensor([0.3, 0.8])
    torch.testing.assert_close(torch.func.grad(potential)(x), gradient_networks.toy_field(x))


def test_one_jko_step_is_the_exact_one():
    settings = replace(flows.SETTINGS["quick"], samples=4000, optimiser_steps=150, seeds=2)
    one = torch.ones(2, 1)
    _, root = flows.jko_gaussian(
        torch.zeros(2, 1), torch.ones(2, 1, 1), 0 * one, 0.5 * one, settings, generator(0), 0.05
    )
    a = np.roots([1 / 0.05 + 2, -1 / 0.05, -1]).max()  # (A - 1)/a - 1/A + A/σ² = 0
    np.testing.assert_allclose(root.flatten(), a, atol=0.01)


def test_one_porous_step_is_the_exact_one():
    settings = replace(flows.SETTINGS["quick"], samples=4000, optimiser_steps=300, seeds=2)
    radius = torch.full((2,), pm.barenblatt_radius(1e-3, 1.0, 1))
    h = (torch.ones(2), torch.ones(2))
    found = porous.jko_porous(radius, 1, h, settings, generator(0), 5e-4) / radius
    # E|x|² = R²/5 and ∫p² = 3/(5R): (s - 1) R²/(5a) = 3/(5 R s²)
    r = radius[0].item()
    s = max(np.roots([1, -1, 0, -3 * 5e-4 / r**3]).real)
    np.testing.assert_allclose(found, s, atol=0.02)


def test_particles_reach_their_own_optimum():
    settings = replace(particles.SETTINGS["quick"], numbers=(5, 10, 20), seeds=2)
    frame = particles.energy_rates(settings, 0)
    last = frame[frame.step == frame.step.max()].groupby("n").gap.mean()
    np.testing.assert_allclose(last, 1 / (6 * last.index.to_numpy() ** 2), rtol=0.1)
    np.testing.assert_allclose(particles.contraction(settings, 0), 1, atol=1e-6)
