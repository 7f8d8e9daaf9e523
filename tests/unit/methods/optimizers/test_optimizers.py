"""What users of `torch.optim.Optimizer` expect of every optimizer, and known steps of each."""

import copy
import math

import pytest
import pytorch_optimizer
import torch
from scipy import optimize

from redrawn.methods import optimizers
from redrawn.methods.optimizers.centred_mirror_descent import Shape

MAKE = {
    "normalized": lambda p: optimizers.NormalizedDescent(p, lr=0.1, beta=0.5),
    "clipped": lambda p: optimizers.ClippedDescent(p, lr=0.1, threshold=0.5),
    "spider": lambda p: optimizers.Spider(p, lr=0.1),
    "lion": lambda p: optimizers.Lion(p, lr=0.1),
    "clipped adam": lambda p: optimizers.ClippedAdam(p, lr=0.1, share=0.3),
    "entrywise adam": lambda p: optimizers.EntrywiseAdam(p, lr=0.1, gradient_factor=2.0),
    "mirror": lambda p: optimizers.CentredMirrorDescent(p, gradient=3.0, growth=3.0, epsilon=50.0),
}


def start(rows=3, columns=5):
    source = torch.Generator().manual_seed(0)
    return [torch.randn(rows, columns, generator=source, dtype=torch.float64).requires_grad_()]


def closure(run, parameters):
    def evaluate():
        run.zero_grad()
        loss = sum((p - 0.3).pow(4).sum() + (p * p.roll(1)).sum() / 4 for p in parameters)
        loss.backward()
        return loss

    return evaluate


def walk(run, parameters, steps):
    return [run.step(closure(run, parameters)).item() for _ in range(steps)]


@pytest.mark.parametrize("name", MAKE)
def test_state_dict_carries_everything(name):
    parameters = start()
    run = MAKE[name](parameters)
    walk(run, parameters, 4)
    others = [p.detach().clone().requires_grad_() for p in parameters]
    other = MAKE[name](others)
    other.load_state_dict(copy.deepcopy(run.state_dict()))
    assert walk(run, parameters, 4) == walk(other, others, 4)
    torch.testing.assert_close(parameters, others, rtol=0, atol=0)


@pytest.mark.parametrize("name", MAKE)
def test_sparse_gradients_are_refused(name):
    parameters = start()
    run = MAKE[name](parameters)

    def sparse():
        parameters[0].grad = torch.ones(3, 5, dtype=torch.float64).to_sparse()
        return torch.tensor(0.0)

    with pytest.raises(RuntimeError, match="sparse"):
        run.step(sparse)


@pytest.mark.parametrize("name", MAKE)
def test_parameters_without_gradient_stay(name):
    used, unused = start() + start()
    run = MAKE[name]([used, unused])
    before = unused.detach().clone()
    walk(run, [used], 2)
    assert torch.equal(unused.detach(), before)


@pytest.mark.parametrize("name", MAKE)
def test_step_returns_the_loss_and_lowers_it(name):
    parameters = start()
    losses = walk(MAKE[name](parameters), parameters, 60)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["normalized", "clipped", "spider", "mirror"])
def test_groups_have_norms_of_their_own(name):
    alone, beside, third = start() + start() + start()
    with torch.no_grad():
        third.mul_(7)
    together = MAKE[name]([{"params": [beside]}, {"params": [third]}])
    walk(together, [beside, third], 3)
    walk(MAKE[name]([alone]), [alone], 3)
    torch.testing.assert_close(beside, alone)


@pytest.mark.parametrize(
    ("make", "constants"),
    [
        (optimizers.NormalizedDescent, {"lr": 0.1, "beta": 0.7}),
        (optimizers.ClippedDescent, {"lr": 0.1, "threshold": 3.0}),
        (optimizers.Spider, {"lr": 0.1}),
        (optimizers.CentredMirrorDescent, {"gradient": 0.1, "growth": 0.5}),
    ],
)
def test_batched_rows_are_problems_of_their_own(make, constants):
    def gradients(p):
        def evaluate():
            p.grad = (p.detach() - 0.3) ** 3
            return p.grad.sum()

        return evaluate

    (together,) = start()
    apart = [row.detach().clone().requires_grad_() for row in together]
    run = make([together], batched=True, **constants)
    for _ in range(3):
        run.step(gradients(together))
    for row in apart:
        one = make([row], **constants)
        for _ in range(3):
            one.step(gradients(row))
    torch.testing.assert_close(together.detach(), torch.stack(apart).detach())


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optimizers.NormalizedDescent(p, lr=0.0),
        lambda p: optimizers.NormalizedDescent(p, lr=0.1, beta=1.5),
        lambda p: optimizers.ClippedDescent(p, lr=0.1, threshold=0.0),
        lambda p: optimizers.Spider(p, lr=-1.0),
        lambda p: optimizers.Lion(p, lr=0.1, betas=(1.0, 0.9)),
        lambda p: optimizers.ClippedAdam(p, lr=0.1, share=1.0),
        lambda p: optimizers.EntrywiseAdam(p, lr=0.1, betas=(0.9, 1.0)),
        lambda p: optimizers.CentredMirrorDescent(p, gradient=0.0, growth=1.0),
    ],
)
def test_impossible_constants_are_refused(make):
    with pytest.raises(ValueError, match=r"positive|must be in"):
        make(start())


def follow(make, reference, steps=30):
    """Return where two optimizers end on the same noisy gradients."""
    ends = []
    for build in (make, reference):
        parameters = start()
        run = build(parameters)
        source = torch.Generator().manual_seed(1)
        for _ in range(steps):
            noise = torch.randn(3, 5, generator=source, dtype=torch.float64)
            parameters[0].grad = parameters[0].detach() - 0.3 + noise
            run.step()
        ends.append(parameters[0].detach())
    return ends


@pytest.mark.parametrize(
    ("make", "reference"),
    [
        (
            lambda p: optimizers.NormalizedDescent(p, lr=0.1, beta=0.0),
            lambda p: torch.optim.SGD(p, lr=0.1),
        ),
        (
            lambda p: optimizers.ClippedAdam(p, lr=0.1, share=0.0, betas=(0.8, 0.95)),
            lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95)),
        ),
        (
            lambda p: optimizers.EntrywiseAdam(p, lr=0.1, eps=0.0),
            lambda p: torch.optim.Adam(p, lr=0.1, eps=0.0),
        ),
        (
            lambda p: optimizers.Lion(p, lr=0.1, betas=(0.8, 0.95)),
            lambda p: pytorch_optimizer.Lion(p, lr=0.1, betas=(0.8, 0.95), weight_decay=0.0),
        ),
        (
            lambda p: optimizers.ClippedDescent(p, lr=0.2, threshold=1e9),
            lambda p: torch.optim.SGD(p, lr=0.2 / 1e9),
        ),
    ],
)
def test_agreement_where_another_library_has_it(make, reference):
    torch.testing.assert_close(*follow(make, reference))


def test_clipped_descent_is_torch_s_clipping_where_it_clips():
    ours, theirs = start(), start()
    for parameters in (ours, theirs):
        parameters[0].grad = 5 * torch.ones(3, 5, dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_(theirs, 2.0)
    optimizers.ClippedDescent(ours, lr=0.3, threshold=2.0).step()
    torch.optim.SGD(theirs, lr=0.3 / 2.0).step()
    torch.testing.assert_close(ours, theirs)


def test_normalised_steps_have_the_length_of_the_rate_and_zero_stays():
    (p,) = start()
    before = p.detach().clone()
    p.grad = 1e-3 * torch.ones_like(p)
    optimizers.NormalizedDescent([p], lr=0.1).step()
    assert (p.detach() - before).norm().item() == pytest.approx(0.1)
    p.grad = torch.zeros_like(p)
    before = p.detach().clone()
    optimizers.NormalizedDescent([p], lr=0.1).step()
    assert torch.equal(p.detach(), before)


def test_normalised_descent_on_a_quartic_is_the_linear_map():
    x = torch.tensor([10.0], dtype=torch.float64, requires_grad=True)
    x.grad = 4 * x.detach() ** 3
    optimizers.NormalizedDescent([x], lr=0.1, beta=2 / 3).step()
    assert x.item() == pytest.approx(10 * (1 - 0.1 * 4 ** (1 / 3)))


def test_spider_follows_the_exact_gradient_where_noise_cancels():
    # noise that does not depend on the point cancels in differences: only the first batch's stays
    (p,) = start()
    noise = [torch.full_like(p, 0.2), torch.full_like(p, 50.0), torch.full_like(p, -3.0)]
    run = optimizers.Spider([p], lr=0.1)
    for disturbance in noise:
        where = p.detach().clone()

        def evaluate(disturbance=disturbance):
            p.grad = p.detach() ** 3 + disturbance
            return torch.tensor(0.0)

        run.step(evaluate)
        expected = where**3 + 0.2
        torch.testing.assert_close(where - p.detach(), 0.1 * expected / expected.norm())
    run.step(evaluate, refresh=True)  # a new large batch brings its own noise
    expected = run.state[p]["previous"] ** 3 - 3.0
    torch.testing.assert_close(run.state[p]["estimate"], expected)


def test_coordinates_are_clipped_at_their_own_quantile():
    gradient = torch.tensor([[1.0, -5.0, 3.0, 0.5], [10.0, 20.0, -30.0, 40.0]])
    expected = torch.tensor([[1.0, -3.0, 3.0, 0.5], [10.0, 20.0, -30.0, 30.0]])
    torch.testing.assert_close(optimizers.clip_coordinates(gradient, 0.25), expected)
    assert torch.equal(optimizers.clip_coordinates(gradient, 0.0), gradient)
    with pytest.raises(ValueError, match="share"):
        optimizers.clip_coordinates(gradient, 1.0)


def test_clipped_adam_keeps_the_raw_second_moment():
    p = torch.zeros(1, 4, requires_grad=True)
    p.grad = torch.tensor([[1.0, -5.0, 3.0, 0.5]])
    optimizers.ClippedAdam([p], lr=1.0, share=0.25, eps=0.0).step()
    torch.testing.assert_close(p.detach(), -torch.tensor([[1.0, -3 / 5, 1.0, 1.0]]))


def test_entrywise_adam_has_epsilon_under_the_root_and_its_factors():
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.tensor([3e-4, -1.0])
    optimizers.EntrywiseAdam([p], lr=0.5, eps=4e-4, gradient_factor=1.0, step_factor=0.1).step()
    torch.testing.assert_close(p.detach(), torch.tensor([-0.05 * 3 / 5, 0.05]), rtol=1e-5, atol=0)
    q = torch.zeros(2, requires_grad=True)
    q.grad = torch.tensor([3e-6, -1e-2])
    optimizers.EntrywiseAdam([q], lr=0.5, eps=4e-4, gradient_factor=100.0, step_factor=0.1).step()
    torch.testing.assert_close(q.detach(), p.detach())


@pytest.mark.parametrize("rounds", [1, 100, 10_000])
@pytest.mark.parametrize("growth", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("norm", [1e-3, 1.0, 30.0, 1e3])
def test_mirror_descent_inverts_its_regulariser(rounds, growth, norm):
    big, epsilon, kappa = 2.0, 5.0, 4.0
    v = 4 * big**2 + rounds * big**2
    a = epsilon * big / (math.sqrt(v) * math.log(v / big**2) ** 2)

    def slope(f):
        # the least over η ≤ 1/G, by hand: F/η + ηV falls until √(F/V)
        eta = min(1 / big, math.sqrt(f / v))
        quadratic = kappa * math.sqrt(4 * growth**2 + rounds * growth**2)
        return 3 * (f / eta + eta * v) + quadratic * a * math.expm1(f) - norm

    expected = optimize.brentq(slope, 1e-30, 500, xtol=1e-30, rtol=1e-13)
    size = torch.tensor(norm, dtype=torch.float64)
    shape = Shape.after(rounds, torch.tensor(big, dtype=torch.float64), growth, epsilon, kappa)
    assert shape.logarithm_of(size).item() == pytest.approx(expected, rel=1e-7)
    warm = shape.logarithm_of(size, torch.tensor(3 * expected, dtype=torch.float64))
    assert warm.item() == pytest.approx(expected, rel=1e-7)


def test_mirror_descent_moves_against_the_sum_of_gradients_and_back():
    p = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    run = optimizers.CentredMirrorDescent([p], gradient=5.0, growth=1.0)
    p.grad = torch.tensor([3.0, -4.0], dtype=torch.float64)
    run.step()
    moved = p.detach() - torch.tensor([1.0, 2.0])
    torch.testing.assert_close(moved / moved.norm(), torch.tensor([-0.6, 0.8]).double())
    p.grad = -p.grad
    run.step()
    torch.testing.assert_close(p.detach(), torch.tensor([1.0, 2.0]).double())
