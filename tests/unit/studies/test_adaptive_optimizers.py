"""The studies of Adam and its kin: exact parts, and what claims are measured by."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from redrawn.methods import optimizers
from redrawn.studies.adaptive_optimizers import (
    adaptive_steps,
    analytical_valleys,
    clothing,
    implicit_steps,
    known_gradients,
    norms,
    rosenbrock,
    scaled_data,
    slow_average,
)
from redrawn.studies.adaptive_optimizers.own_rates import OwnRates


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=60), st.floats(-1, 1))
def test_clipped_sums_are_those_one_by_one(steps, start):
    x, expected = start, []
    for step in steps:
        x = min(max(x + step, -1.0), 1.0)
        expected.append(x)
    np.testing.assert_allclose(known_gradients.clipped_sum(np.array(steps), start), expected, atol=1e-12)  # fmt: skip


def test_filters_play_as_the_optimizer_does():
    t = np.arange(1, 700)
    gradients = np.where(t % 101 == 1, 1010.0, -10.0)
    for method, (x, scale) in known_gradients.play(gradients, 0.5, (0.9, 0.99)).items():
        w = torch.zeros(1, dtype=torch.float64)
        run = optimizers.AMSGrad([w], 1.0, (0.9, 0.99), 0.0, (-1.0, 1.0), method == "AMSGrad")
        path = []
        for k, g in zip(t, gradients, strict=True):
            path.append(w.item())
            run.param_groups[0]["lr"] = 0.5 / k**0.5
            w.grad = torch.tensor([g], dtype=torch.float64)
            run.step()
        np.testing.assert_allclose(x, path, atol=1e-10)
        assert (np.diff(scale) >= 0).all() == (method == "AMSGrad")


def test_own_rates_are_runs_at_those_rates():
    rates, start = torch.tensor([0.1, 0.01]), torch.ones(2, 3)
    makes = (
        lambda p, r: torch.optim.Adam(p, r),
        lambda p, r: torch.optim.SGD(p, r, momentum=0.9),
        lambda p, r: optimizers.AdEMAMix(p, r),
        lambda p, r: optimizers.DiffGrad(p, r),
        lambda p, r: optimizers.AdaMomentum(p, r),
    )
    for make in makes:
        w = start.clone()
        run = OwnRates([w], lambda p, m=make: m(p, 1.0), rates)
        alone = [start[i].clone() for i in range(2)]
        others = [make([p], float(r)) for p, r in zip(alone, rates, strict=True)]
        for k in range(5):
            gradient = torch.cos(torch.arange(6.0).view(2, 3) + k)
            run.step([gradient])
            for i, other in enumerate(others):
                alone[i].grad = gradient[i].clone()
                other.step()
        torch.testing.assert_close(w, torch.stack(alone))


def test_the_three_functions_and_their_minima():
    at = lambda f, *x: [float(v) for v in f(torch.tensor(x, dtype=torch.float64))]  # noqa: E731
    assert at(analytical_valleys.first, -0.3, 0.2, 0.0) == pytest.approx([0, 0.05, 0.09])
    assert at(analytical_valleys.second, -1.0, 0.0, 0.5) == pytest.approx([4.85, 0.85, 0.125 + 0.5 * np.sin(4) + 0.85])  # fmt: skip
    assert at(analytical_valleys.third, 0, -0.4, 0.5, 0.45, 1) == pytest.approx([0, 0.35, 0.25, 0.3, 1])  # fmt: skip
    for f, x in ((analytical_valleys.second, -0.643), (analytical_valleys.second, 0.588)):
        low, here, high = at(f, x - 0.02, x, x + 0.02)
        assert here < min(low, high)


def test_rosenbrocks_slope():
    x = torch.tensor([[-3.0, 5.0], [0.2, -1.0]], dtype=torch.float64, requires_grad=True)
    value = ((1 - x[:, 0]) ** 2 + 100 * (x[:, 1] - x[:, 0] ** 2) ** 2).sum()
    torch.testing.assert_close(rosenbrock.slope(x.detach()), torch.autograd.grad(value, x)[0])


def test_methods_side_by_side_on_rosenbrocks_function_are_each_its_optimizer():
    found = rosenbrock.descend(rosenbrock.Settings(30), "cpu").set_index(["method", "rate", "step"])
    mix = lambda p: optimizers.AdEMAMix(p, 0.3, (0.9, 0.999, 0.999), rosenbrock.ALPHA)  # noqa: E731
    for method, make in {
        "Adam, β₁ = 0.99": lambda p: torch.optim.Adam(p, 0.3, (0.99, 0.999)),
        "AdEMAMix, β₃ = 0.999": mix,
    }.items():
        x = torch.tensor(rosenbrock.START, dtype=torch.float64)
        run, distances = make([x]), [float((x - 1).norm())]
        for _ in range(30):
            x.grad = rosenbrock.slope(x)
            run.step()
            distances.append(float((x - 1).norm()))
        rows = found.loc[(method, 0.3)]
        np.testing.assert_allclose(rows.distance, distances)
        np.testing.assert_allclose(rows.nearest, np.minimum.accumulate(distances))


def test_steps_are_longer_by_the_derived_ratio():
    found = clothing.step_ratio(clothing.Settings(64, 1, 2, noise_steps=1000), 0, "cpu")
    assert np.mean(found) == pytest.approx(np.sqrt(19), rel=0.03)


def test_identities_of_norms_and_that_the_measures_can_fail():
    settings = norms.Settings(draws=2, changes=50, majorised=40)
    assert max(norms.adam_difference(settings, 0, "cpu")) < 1e-12
    assert max(norms.shampoo_difference(settings, 0, "cpu")) < 1e-10
    # Adam is not descent in the spectral norm
    make = lambda p: torch.optim.Adam(p, norms.RATE, (0.0, 0.0), 0.0)  # noqa: E731
    assert min(norms._difference(settings, 0, "cpu", "spectral", make)) > 0.1
    assert max(norms.gain(settings, 0, "cpu")) == 0
    assert min(norms.majorised(settings, 0, "cpu")) > 0.1 and max(norms.majorised(settings, 0, "cpu")) <= 1  # fmt: skip
    assert np.diff(np.log(norms.growth(norms.prodigy(settings, 0, "cpu"))["y"])).mean() == pytest.approx(0.481, abs=0.01)  # fmt: skip


def test_a_worse_step_would_be_found(monkeypatch):
    longer = lambda g, n: ([1.5 * w for w in norms_descent(g, n)[0]], 1.0)  # noqa: E731
    norms_descent = norms.descent
    monkeypatch.setattr(norms, "descent", longer)
    assert min(norms.gain(norms.Settings(draws=2), 0, "cpu")) > 0


def test_scaled_data_parts_the_roots_only():
    _, parted = scaled_data.compare(scaled_data.Settings(200, 1, 1, 2, 1, columns=10), 0, "cpu")
    assert max(scaled_data.extreme(parted, scaled_data.SQUARES, "max")) < 1e-8
    assert min(scaled_data.extreme(parted, scaled_data.ROOTS, "min")) > 0.05


def test_choices_of_the_best():
    frame = pd.DataFrame(
        [("Adam", r, s, v) for r, s, v in ((0.1, -1, 1), (0.2, -1, 2), (0.1, 0, 9), (0.2, 0, 3))],
        columns=["method", "rate", "seed", "accuracy"],
    )
    frame = pd.concat([frame.assign(method=m) for m in clothing.METHODS])
    rates = clothing.best_rates(frame)  # by starts that are not measured
    assert set(rates.values()) == {0.2}
    assert clothing.accuracies(frame, rates)["Adam"] == [3]
    losses = pd.DataFrame(
        [(scaled_data.SQUARES[0], 0, 0, 1.0), (scaled_data.SQUARES[1], 0, 0, 0.1), ("Adam", 1, 0, 1.0), ("Adam", 2, 0, 0.01)],
        columns=["method", "rate", "seed", "loss"],
    )  # fmt: skip
    assert scaled_data.decades(losses) == pytest.approx([1.0])
    found = pd.DataFrame(
        [("a", m, r, 0, 1.0, v) for m, r, v in (("SARAH", 1, 0.1), ("SARAH", 2, np.nan), ("SVRG", 1, 0.5), ("AI-SARAH", np.nan, 1e-3))],
        columns=["name", "method", "rate", "seed", "passes", "norm"],
    ).assign(name=implicit_steps.NAMES["mnist"])  # fmt: skip
    assert implicit_steps.ends(implicit_steps.tuned(found), "mnist") == {
        "AI-SARAH": pytest.approx([-3]), "best other": pytest.approx([-1])
    }  # fmt: skip


def test_small_runs_have_the_declared_columns():
    text = slow_average.Settings(3, 1, 8, 2, 1, 2, rates=(0.01,), looks=3, held=2)
    losses = slow_average.language(text, 0, "cpu")
    curves, rates = slow_average.best(losses)
    assert curves.tokens.max() == 3 * 2 * 32 and set(rates.values()) == {0.01}
    kept = slow_average.forgetting(text, 0, "cpu", rates)
    assert kept.groupby("method").kept.max().tolist() == [1, 1]
    gaps = adaptive_steps.compare(adaptive_steps.Settings(40, 2), 0, "cpu")
    assert (gaps.gap >= adaptive_steps.TINY).all() and gaps.seed.nunique() == 2
    assert (gaps.groupby(["name", "spread", "method", "seed"]).size() == 40).all() and len(gaps) == 40 * 24  # fmt: skip
    assert min(adaptive_steps.sensitivity(adaptive_steps.Settings(200, 1), 0, "cpu")) >= 1
    found = implicit_steps.compare(implicit_steps.Settings(2, 1, (1.0,)), 0, "cpu")
    assert found.passes.max() == 2 and min(implicit_steps.median_steps(found)) > 0.5
