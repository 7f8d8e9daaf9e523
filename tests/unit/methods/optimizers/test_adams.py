"""Adam and its relatives: exact first steps, relations to Adam, other libraries as oracles."""

import math

import pytest
import pytorch_optimizer
import torch

from redrawn.methods import optimizers as o
from redrawn.methods.optimizers.ademamix import slow_beta


def follow(make, steps=60, shape=(3, 4), scale=1.0, seed=0):
    """Return iterates under the same random gradients, (steps, *shape)."""
    source = torch.Generator().manual_seed(seed)
    p = torch.ones(shape, dtype=torch.float64)
    run, path = make([p]), []
    for _ in range(steps):
        p.grad = scale * torch.randn(shape, generator=source, dtype=torch.float64)
        run.step()
        path.append(p.clone())
    return torch.stack(path)


def close(ours, theirs, **options):
    torch.testing.assert_close(follow(ours), follow(theirs), **options)


class Uncorrected(torch.optim.Adam):
    """Adam of torch whose rate makes up for both corrections."""

    def step(self):
        t = 1 + max((int(s["step"]) for s in self.state.values()), default=0)
        for g in self.param_groups:
            first, second = g["betas"]
            g["lr"] = 0.01 * (1 - first**t) / math.sqrt(1 - second**t)
        super().step()


@pytest.mark.parametrize("largest", [True, False])
def test_amsgrad_is_torchs_without_corrections(largest):
    close(
        lambda p: o.AMSGrad(p, 0.01, (0.9, 0.99), 0.0, largest=largest),
        lambda p: Uncorrected(p, 0.01, (0.9, 0.99), 0.0, amsgrad=largest),
    )


def test_amsgrad_stays_in_its_box_and_adds_epsilon_outside():
    path = follow(lambda p: o.AMSGrad(p, 0.5, box=(-0.25, 0.5)))
    assert path.min() == -0.25 and path.max() == 0.5
    p = torch.zeros(1, dtype=torch.float64)
    p.grad = torch.full((1,), 2.0, dtype=torch.float64)
    o.AMSGrad([p], 1.0, (0.5, 0.75), eps=3.0).step()
    torch.testing.assert_close(p.item(), -1 / 4)  # m = 1, √v = 1


def test_ademamix_is_the_other_packages():
    for horizon in (None, 40):
        close(
            lambda p, t=horizon: o.AdEMAMix(p, 0.01, (0.9, 0.99, 0.999), 5.0, t, weight_decay=0.1),
            lambda p, t=horizon: pytorch_optimizer.AdEMAMix(
                p, 0.01, (0.9, 0.99, 0.999), 0.1, True, alpha=5.0, t_alpha_beta3=t
            ),
            rtol=1e-6,
            atol=1e-8,
        )


def test_ademamix_without_the_slow_average_is_adam():
    close(lambda p: o.AdEMAMix(p, 0.01, alpha=0.0), lambda p: torch.optim.Adam(p, 0.01))


def test_the_slow_averages_half_life_grows_linearly():
    half = lambda b: math.log(0.5) / math.log(b)  # noqa: E731
    start, middle, end = (slow_beta(s, 0.9, 0.999) for s in (0.0, 0.5, 1.0))
    assert (start, end) == pytest.approx((0.9, 0.999))
    assert half(middle) == pytest.approx((half(0.9) + half(0.999)) / 2)
    assert slow_beta(0.5, 0.0, 0.9) == 0 and slow_beta(1.0, 0.0, 0.9) == 0.9


def test_diffgrad_is_the_other_packages():
    close(
        lambda p: o.DiffGrad(p, 0.01, eps=1e-12),
        lambda p: pytorch_optimizer.DiffGrad(p, 0.01, eps=1e-12),
        rtol=1e-6,
        atol=1e-9,
    )


def test_diffgrad_is_adam_at_half_the_rate_where_gradients_hardly_change():
    # a gradient of 10⁻⁸ changes by nothing beside one
    ours = follow(lambda p: o.DiffGrad(p, 0.01, eps=1e-12), scale=1e-8)
    half = follow(lambda p: torch.optim.Adam(p, 0.005, eps=1e-12), scale=1e-8)
    torch.testing.assert_close(ours, half, rtol=0, atol=1e-7)


def test_diffgrad_keeps_a_copy_of_the_gradient():
    p = torch.zeros(1, dtype=torch.float64)
    run = o.DiffGrad([p], 1.0, (0.0, 0.0), 0.0)
    p.grad = torch.ones(1, dtype=torch.float64)
    run.step()
    p.zero_()
    p.grad.fill_(-3.0)  # in place, as zero_grad(set_to_none=False) and backward do
    run.step()
    assert p.item() == pytest.approx(1 / (1 + math.exp(-4.0)))


def test_adamomentums_first_step_is_ten_times_adams():
    (first, *_) = follow(lambda p: o.AdaMomentum(p, 0.01), steps=1)
    (adam, *_) = follow(lambda p: torch.optim.Adam(p, 0.01, eps=0.0), steps=1)
    torch.testing.assert_close(first - 1, 10 * (adam - 1))


def test_adamomentum_is_adam_of_averages():
    """With β₁ = 0 the average is the gradient."""
    close(
        lambda p: o.AdaMomentum(p, 0.01, (0.0, 0.99), 1e-30),
        lambda p: torch.optim.Adam(p, 0.01, (0.0, 0.99), 0.0),
    )


def test_adamomentums_epsilon_stays():
    p = torch.zeros(1, dtype=torch.float64)
    run = o.AdaMomentum([p], 1.0, (0.0, 0.5), 2.0)
    for _ in range(60):
        p.zero_().grad = torch.ones(1, dtype=torch.float64)
        run.step()
    assert p.item() == pytest.approx(-1 / math.sqrt(1 + 2.0 / 0.5))
