"""Losses, projection and networks of modular addition."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from redrawn.methods import grokking
from redrawn.methods.grokking.modular_mlp import look_up
from redrawn.methods.grokking.softmax_collapse import ROUND_OFF


@pytest.fixture
def source():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("precision", ROUND_OFF)
def test_the_sum_becomes_one_where_the_gap_passes_the_threshold(precision):
    limit = math.log(1 / ROUND_OFF[precision])
    for gap, expected in ((limit - 0.2, False), (limit + 0.2, True)):
        logits = torch.zeros(1, 2, dtype=torch.float64)
        logits[:, 1] = gap
        logits.requires_grad_()
        assert bool(grokking.collapsed(logits, precision)) is expected
        loss = grokking.cross_entropy(logits, torch.tensor([1]), precision)
        loss.sum().backward()
        assert (loss.item() == 0) is expected
        assert (logits.grad[0, 1].item() == 0) is expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_collapse_agrees_with_numpy(dtype):
    logits = np.random.default_rng(0).normal(size=(400, 7)) * (30 if dtype is np.float32 else 80)
    z = logits.astype(dtype)
    z = z - z.max(1, keepdims=True)
    expected = np.exp(z).sum(1, dtype=dtype) == 1
    precision = torch.from_numpy(z).dtype
    found = grokking.collapsed(torch.tensor(logits), precision).numpy()
    assert 0.05 < expected.mean() < 0.95 and (found == expected).mean() > 0.99


def test_cross_entropy_agrees_with_torch_where_nothing_collapses(source):
    logits = torch.randn((3, 5, 7), generator=source)
    target = torch.randint(7, (3, 5), generator=source)
    expected = functional.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")
    for precision, tolerance in (
        (torch.float16, 1e-2),
        (torch.float32, 1e-5),
        (torch.float64, 1e-5),
    ):
        found = grokking.cross_entropy(logits, target, precision)
        torch.testing.assert_close(found.flatten().float(), expected, atol=tolerance, rtol=0)


def test_stablemax_is_the_softmax_of_a_signed_logarithm(source):  # Proposition 1
    z = (20 * torch.randn((4, 9), generator=source)).double().requires_grad_()
    target = torch.randint(9, (4,), generator=source)
    found = grokking.stablemax_cross_entropy(z, target)
    other = functional.cross_entropy(z.sign() * z.abs().log1p(), target, reduction="none")
    torch.testing.assert_close(found, other)
    assert torch.autograd.gradcheck(lambda v: grokking.stablemax_cross_entropy(v, target), z)


def test_perpendicular_gradient_is_orthogonal_descends_and_keeps_length(source):
    g, w = (torch.randn((3, 4, 5), generator=source).double() for _ in range(2))
    found = grokking.perpendicular_gradient(g, w)
    torch.testing.assert_close((found * w).sum((1, 2)), torch.zeros(3).double())
    torch.testing.assert_close((found * g).sum((1, 2)), found.square().sum((1, 2)))
    moved = (w - 0.1 * found).norm(dim=(1, 2))  # Pythagoras: plain descent never shrinks w
    assert (moved > w.norm(dim=(1, 2))).all()
    rescaled = grokking.perpendicular_gradient(g, w, rescale=True)
    torch.testing.assert_close(rescaled.norm(dim=(1, 2)), g.norm(dim=(1, 2)))
    torch.testing.assert_close(grokking.perpendicular_gradient(w, w), torch.zeros_like(w))


def test_mlp_is_the_one_hot_network_and_homogeneous(source):
    weights = [w.double() for w in grokking.init_mlp(5, 8, 2, source)]
    pairs, sums = grokking.all_pairs(5)
    assert (sums == pairs.sum(1) % 5).all() and len({tuple(r) for r in pairs.tolist()}) == 25
    one_hot = torch.cat([functional.one_hot(pairs[:, i], 5) for i in (0, 1)], 1).double()
    for i in range(2):
        expected = ((one_hot @ weights[0][i]).relu() @ weights[1][i]).relu() @ weights[2][i]
        torch.testing.assert_close(grokking.mlp(weights, pairs.expand(2, -1, -1))[i], expected)
    doubled = grokking.mlp([2 * w for w in weights], pairs.expand(2, -1, -1))
    torch.testing.assert_close(doubled, 8 * grokking.mlp(weights, pairs.expand(2, -1, -1)))


def test_scaling_up_lowers_the_loss_once_all_is_right():
    logits = torch.tensor([[3.0, 1.0], [0.5, 2.0]])
    target = torch.tensor([0, 1])
    losses = [grokking.cross_entropy(s * logits, target, torch.float64).sum() for s in (1, 1.5, 2)]
    assert losses[0] > losses[1] > losses[2]


def test_the_closed_form_adds_and_its_neurons_are_periodic(source):
    weights = grokking.analytic_weights(11, 4000, 1, source)
    pairs, sums = grokking.all_pairs(11)
    found = grokking.quadratic(weights, pairs[None])[0]
    assert (found.argmax(-1) == sums).all()
    # the average over frequencies 1 … 5 of cos(2πkσ/11) is 1 at zero and -1/10 elsewhere
    expected = torch.where(functional.one_hot(sums, 11) == 1, 1.0, -0.1)
    assert (found - expected).abs().max() < 0.25
    torch.testing.assert_close(
        grokking.inverse_participation(weights), torch.ones(1, 4000), atol=1e-3, rtol=0
    )


def test_participation_of_noise_is_small_and_does_not_change_with_scale(source):
    noise = grokking.init_quadratic(97, 200, 1, source)
    ratio = grokking.inverse_participation(noise)
    assert ratio.mean() < 0.06
    torch.testing.assert_close(ratio, grokking.inverse_participation((3 * noise[0], 3 * noise[1])))
    std = (16 * 200) ** (-1 / 3)
    assert abs(noise[0].std().item() / std - 1) < 0.02


def test_errors():
    with pytest.raises(ValueError, match="precision"):
        grokking.collapsed(torch.zeros(1, 2), torch.bfloat16)
    with pytest.raises(ValueError, match="floating"):
        grokking.stablemax_cross_entropy(torch.zeros(1, 2, dtype=torch.int64), torch.tensor([0]))
    with pytest.raises(ValueError, match="shapes"):
        grokking.perpendicular_gradient(torch.zeros(1, 2), torch.zeros(1, 3))
    with pytest.raises(ValueError, match="modulus"):
        grokking.all_pairs(1)
    with pytest.raises(ValueError, match="hidden"):
        grokking.init_quadratic(5, 0, 1, torch.Generator())
    with pytest.raises(ValueError, match="shape"):
        grokking.initial_state(torch.zeros(2, 3))


def test_look_up_keeps_networks_apart():
    rows = torch.arange(2 * 6 * 1.0).reshape(2, 6, 1)
    pairs = torch.tensor([[[0, 1]], [[2, 0]]])
    assert look_up(rows, pairs).flatten().tolist() == [0 + 4, 8 + 9]


def test_quadratic_gradient_is_that_of_autograd(source):
    weights = tuple(w.requires_grad_() for w in grokking.init_quadratic(5, 6, 3, source))
    pairs = torch.randint(5, (3, 11, 2), generator=source)  # a pair may come twice
    target = torch.randn((3, 11, 5), generator=source)
    error = (grokking.quadratic(weights, pairs) - target).square().mean((1, 2)).sum()
    expected = torch.autograd.grad(error, weights)
    with torch.no_grad():
        found = grokking.quadratic_gradient(weights, pairs, target)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)
