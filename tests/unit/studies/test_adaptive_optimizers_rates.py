"""Studies of seven papers at their smallest: shapes, exact cases, and independent libraries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from redrawn.studies.adaptive_optimizers import (
    affine_noise,
    clipped_speed,
    data_passes,
    directional_sharpness,
    first_layer,
    first_layer_training,
    first_layer_updates,
    next_steps,
    output_spread,
    phase_retrieval,
    rate_transfer,
    removed_pronouns,
    sparse_rows,
    step_noise,
    symmetric_smoothness,
    tensor_programs,
    unbounded_losses,
)
from redrawn.studies.ensemble import generator


def test_affine_noise_has_the_second_moment_that_it_is_said_to_have():
    source = generator(0)
    x = torch.full((200_000,), 2.0)
    exact = affine_noise.gradient(x)
    sampled = affine_noise.sampled(exact, source)
    assert sampled.mean().item() == pytest.approx(exact[0].item(), abs=0.02)
    second = 1 + 4 * exact[0].item() ** 2
    assert sampled.square().mean().item() == pytest.approx(second, rel=0.02)


def test_affine_frames_repeat_and_average_over_steps():
    small = replace(affine_noise.SETTINGS["quick"], accuracies=2, seeds=2, stationary=(0.5, 0.4))
    frame = affine_noise.descend(small, 0, "cpu")
    assert frame.equals(affine_noise.descend(small, 0, "cpu"))
    assert set(frame.steps) == {64, 256} and len(frame) == 2 * 2 * 2
    assert affine_noise.stationary(small, 0, "cpu").norm.between(0.05, 1).all()


def test_a_power_attains_the_constants_of_its_class():
    alpha, k0, k1, k2 = symmetric_smoothness.constants(4)
    assert (alpha, k0) == (pytest.approx(2 / 3), 0.0)
    assert (k1, k2) == (pytest.approx(24.96, abs=0.01), pytest.approx(62.90, abs=0.01))


def test_threshold_is_the_closed_form():
    found = symmetric_smoothness.threshold(
        replace(symmetric_smoothness.SETTINGS["quick"], farthest=1e20)
    )
    # |x| grows iff γ 4^{1-β} |x|^{2-3β} > 2
    exact = next(
        b for b in np.arange(0.5, 0.7, 1e-4) if 0.1 * 4 ** (1 - b) * 1e20 ** (2 - 3 * b) <= 2
    )
    assert found == pytest.approx(exact, abs=3e-4)


def test_phase_retrieval_gradient_is_half_of_the_objectives():
    small = replace(phase_retrieval.SETTINGS["quick"], equations=30, unknowns=4, seeds=2)
    problem = phase_retrieval.Problem(small, 0, "cpu")
    z = problem.start.double().requires_grad_()
    problem.a, problem.y = problem.a.double(), problem.y.double()
    points = torch.stack([problem.start.double() + 1, z.detach()], 1)
    loss, gradient = (found[:, 1] for found in problem.evaluate(points))
    product = torch.einsum("smd,sd->sm", problem.a, z)
    (problem.y - product.square()).square().mean(1).div(2).sum().backward()
    torch.testing.assert_close(2 * gradient, z.grad)
    expected = (problem.y - product.square()).square().mean(1) / 2
    torch.testing.assert_close(loss, expected.detach())


def test_phase_retrieval_methods_side_by_side_are_each_alone(monkeypatch):
    small = replace(phase_retrieval.SETTINGS["quick"], equations=200, unknowns=6, seeds=2, steps=20)
    together = (
        phase_retrieval.descend(small, 0, "cpu").set_index(["method", "seed", "step"]).sort_index()
    )
    for method, entry in phase_retrieval.DETERMINISTIC.items():
        with monkeypatch.context() as patched:
            patched.setattr(phase_retrieval, "DETERMINISTIC", {method: entry})
            alone = (
                phase_retrieval.descend(small, 0, "cpu").set_index(["seed", "step"]).sort_index()
            )
        np.testing.assert_allclose(together.loc[method].objective, alone.objective, rtol=1e-3)
    assert together.objective.groupby("step").nunique()[5] == 10


def test_phase_retrieval_counts_samples_of_large_batches_whole():
    small = replace(phase_retrieval.SETTINGS["quick"], equations=100, unknowns=4, seeds=1,
                    warm_up=2, batch=10, samples=420, look=140)  # fmt: skip
    frame = phase_retrieval.sample(small, 0, "cpu")
    spider = frame[frame.method == "SPIDER"].samples.tolist()
    assert spider == [0, 140, 280, 420]


@pytest.fixture(scope="module")
def passages():
    small = data_passes.Settings(passages=300, words=60, passes=2, seeds=2)
    return small, removed_pronouns.draw(small.passages, small.words, generator(0))


def test_passages_are_unit_rows_with_a_constant(passages):
    _, (x, y) = passages
    assert x.shape == (300, 61) and set(y) == {-1.0, 1.0}
    rows = (x * x).sum(1)
    assert np.allclose(rows[rows > 1.5], 2) and np.allclose(rows[rows <= 1.5], 1)
    assert 0.3 < (y > 0).mean() < 0.5


def test_risk_and_its_least_value_are_scikit_learns(passages):
    _, (x, y) = passages
    found = LogisticRegression(C=1e8, fit_intercept=False, max_iter=20_000, tol=1e-10).fit(x, y)
    value, slope = data_passes.risk(found.coef_[0], x, y)
    assert abs(slope).max() < 1e-4
    assert data_passes.least_risk(x, y) == pytest.approx(value, abs=1e-4)


def test_risk_gradient_is_its_derivative(passages):
    _, (x, y) = passages
    w = np.linspace(-1, 1, x.shape[1])
    _, slope = data_passes.risk(w, x, y)
    for i in (0, 17, 60):
        h = np.zeros_like(w)
        h[i] = 1e-6
        change = data_passes.risk(w + h, x, y)[0] - data_passes.risk(w - h, x, y)[0]
        assert slope[i] == pytest.approx(change / 2e-6, abs=1e-6)


def test_a_stochastic_pass_is_the_plain_loop(passages):
    _, (x, y) = passages
    rows = sparse_rows.Rows([(x, y)], "cpu")
    w = torch.zeros(1, rows.columns + 1)
    order = torch.randperm(len(y), generator=generator(1))[None]
    ((seen, loss),) = rows.one_pass(w, 0.7, order, {len(y)})
    dense, plain = x.toarray(), np.zeros(x.shape[1])
    for i in order[0].tolist():
        plain += 0.7 * y[i] * dense[i] / (1 + np.exp(y[i] * (dense[i] @ plain)))
    np.testing.assert_allclose(w[0, :-1].numpy(), plain, rtol=1e-3, atol=1e-4)
    assert seen == 300 and loss.item() == pytest.approx(data_passes.risk(plain, x, y)[0], abs=1e-4)


def test_batch_steps_are_counted_by_evaluations(passages):
    _, (x, y) = passages
    frame = data_passes.batch(x, y, 12)
    assert frame.passes.iloc[0] == 0 and frame.risk.iloc[0] == pytest.approx(np.log(2))
    assert (np.diff(frame.passes) >= 1).all() and frame.passes.max() <= 12
    assert (np.diff(frame.risk) < 0).all()


def test_underestimated_steps_are_the_product():
    expected = np.prod([1 - 0.2 / k for k in range(1, 501)])
    assert step_noise.underestimated(500) == pytest.approx(expected)


def test_floors_are_the_closed_form():
    small = replace(step_noise.SETTINGS["quick"], rates=(0.4, 0.2, 0.1), replicates=4000, steps=400)
    found = step_noise.floors(step_noise.fixed(small, 0, "cpu"))
    exact = [a / (2 * (2 - a)) for a in found["x"]]
    np.testing.assert_allclose(np.mean(found["y"], 0), exact, rtol=0.02)


def test_growing_batches_and_halving_in_miniature():
    small = replace(step_noise.SETTINGS["quick"], seeds=2, replicates=500, batch_steps=9, stages=3)
    frame = step_noise.growing(small, 0, "cpu")
    assert frame[frame.seed == 0].work.tolist()[:4] == [0, 1, 3, 5]
    stages = step_noise.halving(small, 0, "cpu")
    assert sorted(set(stages.stage)) == [0, 1, 2]
    limits = 2 * step_noise.floor(small, small.rates[0] * 0.5**stages.stage)
    assert (stages.gap < limits).all()


@pytest.fixture(scope="module")
def tiny_sharp():
    return replace(directional_sharpness.SETTINGS["quick"], checkpoints=(2, 4), seeds=2, width=4,
                   context=8, batch=2, held_batch=2, steps=10, speed_seeds=2, rays=5)  # fmt: skip


def test_sharpness_is_that_of_the_whole_hessian(tiny_sharp):
    source = generator(0)
    text = directional_sharpness.Text(tiny_sharp, 2, source, "cpu")
    parameters = text.model.initial(2, source).double()
    held = text.batch(2)
    v = torch.randn(parameters.shape, generator=source, dtype=torch.float64)
    steps = dict.fromkeys(next_steps.METHODS, v)
    directions = directional_sharpness.units(steps)
    found = directional_sharpness.measure(text, parameters, directions, held)
    # second difference along the direction, network by network
    u, h = directions["SGD"], 1e-3
    up, at, down = (text.model.loss(parameters + s * u, held) for s in (h, 0.0, -h))
    rows = found[found.method == "SGD"].sort_values("seed")
    np.testing.assert_allclose(
        rows.sharpness, ((up - 2 * at + down) / h**2).numpy(), rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(rows.slope, ((up - down) / (2 * h)).numpy(), rtol=1e-3, atol=1e-7)
    kept = directions[directional_sharpness.TENTH]
    assert (kept != 0).sum(1).tolist() == [parameters.shape[1] // 10] * 2
    assert torch.equal(kept[kept != 0], u[kept != 0])


def test_directions_are_what_optimizers_step_along():
    shape = torch.Size((2, 30))
    source = generator(0)
    gradients = torch.randn((3, *shape), generator=source)
    beside = next_steps.Directions(shape, "cpu")
    (adam,) = [torch.zeros(shape, requires_grad=True)]
    run = torch.optim.Adam([adam], lr=1.0)
    average = torch.zeros(shape)
    for k, gradient in enumerate(gradients):
        before = adam.detach().clone()
        adam.grad = gradient.clone()
        run.step()
        steps = beside.step(gradient)
        torch.testing.assert_close(steps["Adam"], adam.detach() - before)
        average = gradient if k == 0 else 0.9 * average + 0.1 * gradient
        torch.testing.assert_close(steps["SGD"], -average)
    assert steps["Lion"].abs().unique().tolist() == [1.0]


def test_sharpness_studies_in_miniature(tiny_sharp):
    frame, rays = directional_sharpness.trajectories(tiny_sharp, 0, "cpu")
    assert len(frame) == 2 * 2 * 6 * 2 and np.isfinite(frame.sharpness).all()
    assert set(rays.method) == set(next_steps.METHODS)
    assert directional_sharpness.ratio(frame, "SGD", "SGD") == [1.0, 1.0]
    speeds = clipped_speed.speeds(tiny_sharp, 0, "cpu")
    best = clipped_speed.best(speeds, ("SGD", "Adam"))
    assert best["Adam"] == speeds[speeds.method == "Adam"].groupby("rate").loss.apply(list).loc[
        speeds[speeds.method == "Adam"].groupby("rate").loss.mean().idxmin()]  # fmt: skip


def test_first_layer_in_miniature():
    small = replace(first_layer.SETTINGS["quick"], train=128, epochs=2, seeds=2)
    plain = first_layer.train(small, 0, "cpu", "SGD", None, 0.05)
    assert plain.equals(first_layer.train(small, 0, "cpu", "SGD", None, 0.05))
    assert not plain.equals(first_layer.train(small, 0, "cpu", "SGD", 0.1, 0.05))
    assert plain.train[plain.epoch == 2].mean() < plain.train[plain.epoch == 1].mean()


def test_speed_up_reads_off_the_crossing():
    losses = {"plain": [4.0, 3.0, 2.0, 1.0], "TrAct": [3.0, 1.5, 0.5, 0.2]}
    frame = pd.DataFrame([{"method": m, "seed": 0, "epoch": k + 1, "train": v}
                          for m, each in losses.items() for k, v in enumerate(each)])  # fmt: skip
    assert first_layer_training.speed_up(frame) == [pytest.approx(4 / 2.5)]
    slow = frame.assign(train=frame.train + 9 * (frame.method == "TrAct"))
    assert first_layer_training.speed_up(slow) == [1.0]


def test_contrast_of_plain_gradients_is_the_square():
    found = first_layer_updates.contrast(first_layer.SETTINGS["quick"], 0)
    np.testing.assert_allclose(found["plain"], 1 / 16)


def test_gradients_of_squared_losses_are_bounded_as_the_paper_asks():
    small = replace(unbounded_losses.SETTINGS["quick"], rounds=128, seeds=2)
    frame = unbounded_losses.regression(small, 0, "cpu")
    assert set(frame.rounds) == {64, 128} and np.isfinite(frame.regret).all()
    # the learner has hardly left zero: its regret is about that of zero, Σ ½⟨x, u⟩² − …
    early = frame[(frame.rounds == 64) & (frame.norm == 100.0)].regret
    assert early.mean() == pytest.approx(64 * 100**2 / 4, rel=0.4)


def test_saddle_gradient_steps_leave_by_their_factor():
    frame = unbounded_losses.saddle(replace(unbounded_losses.SETTINGS["quick"], rounds=64), "cpu")
    gone = frame[frame.method == "gradient steps"].set_index("rounds").distance
    assert gone[64] / gone[32] == pytest.approx((1 + 0.1**2) ** 16)


def test_best_rate_is_the_valley():
    rate = np.array([0.1, 0.2, 0.4, 0.8, 1.6])
    rows = [{"parametrisation": "p", "seed": s, "width": w, "rate": r, "loss": np.exp(np.log(r / 0.3) ** 2)}
            for s in (0, 1) for w in (8, 16, 32) for r in rate]  # fmt: skip
    found = rate_transfer.best_rates(pd.DataFrame(rows), "p")
    assert found["x"] == [8, 16, 32]
    np.testing.assert_allclose(found["y"], 0.3)
    np.testing.assert_allclose(rate_transfer.rate_exponents(pd.DataFrame(rows), "p"), 0, atol=1e-9)


def test_tensor_programs_in_miniature():
    small = tensor_programs.Settings((8, 16, 32), 2, 2)
    assert len(tensor_programs.scaling(small, 0, "cpu")) == 4 * 3 * 2
    assert max(tensor_programs.invariance(small, 0, "cpu")) < 1e-9
    spreads = output_spread.Settings((8,), 2, (8, 16, 32), 2, 2, groups=2)
    shown = output_spread.outputs(spreads, 0, "cpu")
    assert (shown[shown.step == 0].output == 0).all() and shown[shown.step == 2].output.std() > 0
    assert np.shape(output_spread.spread(spreads, 0, "cpu")["y"]) == (2, 3)
    transfer = rate_transfer.Settings((8, 16, 32), 2, 0.25, 3, steps=2)
    assert len(rate_transfer.rates(transfer, 0, "cpu")) == 2 * 3 * 3 * 2


def test_runs_of_a_seed_share_a_problem_and_seeds_do_not(monkeypatch):
    seen, train = [], tensor_programs.descend

    def record(net, x, y, *rest):
        seen.append(torch.cat([x, y], 2))
        return train(net, x, y, *rest)

    monkeypatch.setattr(tensor_programs, "descend", record)
    small = tensor_programs.Settings((8, 16), 3, 1)
    tensor_programs.scaling(small, 0, "cpu")
    narrow, wide = seen[0].unflatten(0, (3, 2)), seen[1]
    assert torch.equal(narrow[:, 0], narrow[:, 1]) and torch.equal(narrow[:, 0], wide)
    assert not torch.isclose(wide[0], wide[1]).all(-1).any()
