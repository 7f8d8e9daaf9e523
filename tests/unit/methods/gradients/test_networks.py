"""Gramians of perceptrons, the shared LeNet, Bloop, BalGrad, and modalities that compete."""

import math

import pytest
import torch
from torch.nn import functional
from torchjd import autogram

from redrawn.methods import gradients
from redrawn.methods.gradients import competition, gramian, shared_lenet


@pytest.fixture
def source():
    return torch.Generator().manual_seed(0)


def test_gramian_and_combination_are_those_of_the_jacobian(source):
    layers = [(w.double(), b.double()) for w, b in gramian.init_perceptron((5, 7, 6, 4), 2, source)]
    layers = [(w, b + 0.1 * torch.randn(b.shape, generator=source).double()) for w, b in layers]
    x = torch.randn((2, 9, 5), generator=source).double()
    y = torch.randint(4, (2, 9), generator=source)
    inputs, deltas, losses = gramian.errors(layers, x, y)
    weights = torch.rand((2, 9), generator=source).double()
    summed = gramian.combine(inputs, deltas, weights)
    for i in range(2):
        own = [p[i : i + 1].clone().requires_grad_() for pair in layers for p in pair]
        pairs = list(zip(own[::2], own[1::2], strict=True))
        z = gramian.logits(pairs, x[i : i + 1])[0]
        each = functional.cross_entropy(z, y[i], reduction="none")
        torch.testing.assert_close(each, losses[i])
        rows = [
            torch.cat([g.flatten() for g in torch.autograd.grad(one, own, retain_graph=True)])
            for one in each
        ]
        jacobian = torch.stack(rows)
        torch.testing.assert_close(gramian.gramian(inputs, deltas)[i], jacobian @ jacobian.T)
        flat = torch.cat([p[i].flatten() for pair in summed for p in pair])
        torch.testing.assert_close(flat, weights[i] @ jacobian)


def test_gramian_agrees_with_torchjd(source):
    net = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ELU(), torch.nn.Linear(5, 3))
    x, y = torch.randn((8, 6), generator=source), torch.randint(3, (8,), generator=source)
    engine = autogram.Engine(net, batch_dim=0)
    expected = engine.compute_gramian(functional.cross_entropy(net(x), y, reduction="none"))
    layers = [(net[i].weight.T[None], net[i].bias[None, None]) for i in (0, 2)]
    inputs, deltas, _ = gramian.errors(layers, x[None], y[None])
    torch.testing.assert_close(gramian.gramian(inputs, deltas)[0], expected, atol=1e-6, rtol=1e-5)


def test_lenet_is_that_of_torch_and_keeps_networks_apart(source):
    trunk, heads = shared_lenet.init_lenet(18, 2, 3, source)
    shapes = [tuple(p.shape[1:]) for p in (*trunk, *heads[0])]
    assert shapes == [(10, 1, 5, 5), (10,), (20, 10, 3, 3), (20,), (80, 50), (50,),
                      (50, 50), (50,), (50, 10), (10,)]  # fmt: skip
    images = torch.rand((3, 4, 18, 18), generator=source)
    found = shared_lenet.lenet(trunk, heads, images)
    for i in range(3):
        x = functional.conv2d(images[i, :, None], trunk[0][i], trunk[1][i], stride=2).relu()
        x = functional.max_pool2d(functional.conv2d(x, trunk[2][i], trunk[3][i]).relu(), 2)
        x = functional.linear(x.flatten(1), trunk[4][i].T, trunk[5][i]).relu()
        for task, (w1, b1, w2, b2) in enumerate(heads):
            h = functional.linear(x, w1[i].T, b1[i]).relu()
            torch.testing.assert_close(found[task][i], functional.linear(h, w2[i].T, b2[i]))
    with pytest.raises(ValueError, match="small"):
        shared_lenet.init_lenet(8, 2, 1, source)
    with pytest.raises(ValueError, match="zip"):  # one ensemble's parameters, another's pictures
        shared_lenet.lenet(trunk, heads, images[:2])


def test_bloop_keeps_the_main_gradient_and_adds_what_is_orthogonal(source):
    main, aux = torch.randn((2, 5, 7), generator=source).double()
    found = gradients.bloop(main, aux, main, 0.3)
    torch.testing.assert_close((found * main).sum(1), main.square().sum(1))
    torch.testing.assert_close(gradients.project_out(aux, aux), torch.zeros_like(aux))
    torch.testing.assert_close(
        gradients.bloop(main, aux, torch.zeros_like(main), 0.3), main + 0.3 * aux
    )
    opposed = gradients.bloop(main, -main, main, 10.0)
    torch.testing.assert_close(opposed, main)


def test_average_is_that_of_its_recursion(source):
    values = torch.randn((20, 3), generator=source).double()
    average = torch.zeros(3).double()
    for v in values:
        average = gradients.renew(average, v, 0.2)
    weights = 0.2 * 0.8 ** torch.arange(19, -1, -1).double()
    torch.testing.assert_close(average, weights @ values)
    torch.testing.assert_close(gradients.renew(average, values[0], 1.0), values[0])
    with pytest.raises(ValueError, match="rate"):
        gradients.renew(average, values[0], 0.0)


def test_dynamic_barrier_is_no_lower_than_bloop_needs(source):
    main, aux = torch.randn((2, 200, 4), generator=source).double()
    weight = 1.0
    found = gradients.dynamic_barrier(main, aux, weight)
    share = (aux * main).sum(1) / main.square().sum(1)
    projected = weight * share < 1
    assert 0.02 < (~projected).double().mean() < 0.5
    torch.testing.assert_close(
        found[projected], gradients.bloop(main, aux, main, weight)[projected]
    )
    torch.testing.assert_close(found[~projected], weight * aux[~projected])


def test_balgrad_projects_conflicts_only(source):
    task, balance = torch.randn((2, 100, 5), generator=source).double()
    found, cosine = gradients.project_task(task, balance)
    torch.testing.assert_close(cosine, functional.cosine_similarity(task, balance))
    inner = (found * balance).sum(1)
    hit = cosine < 0
    torch.testing.assert_close(inner[hit], torch.zeros_like(inner[hit]), atol=1e-12, rtol=0)
    torch.testing.assert_close(found[~hit], task[~hit])
    assert hit.any() and (~hit).any()
    omega = gradients.modality_weights(torch.tensor([[3.0, 1.0], [1.0, 1.0]]))
    assert omega.tolist() == [[1.5, 0.5], [1.0, 1.0]]
    with pytest.raises(ValueError, match="shapes"):
        gradients.project_task(task, balance[:, :2])


@pytest.mark.parametrize("power", [1.0, 3.0, 4.0])
def test_smoothed_relu_is_continuous_with_its_slope(power):
    bend = 0.4
    x = torch.linspace(-1, 2, 301).double().requires_grad_()
    value, slope = competition.smoothed_relu(x, power, bend)
    (expected,) = torch.autograd.grad(value.sum(), x)
    keep = (x.detach().abs() > 1e-9) & ((x.detach() - bend).abs() > 1e-9)
    if power > 1:
        at = x.detach() > bend
        torch.testing.assert_close(value[at], x[at] - (1 - 1 / power) * bend)
        inside = (x.detach() > 0) & ~at
        torch.testing.assert_close(
            value[inside], x[inside] ** power / (power * bend ** (power - 1))
        )
    numeric = torch.gradient(value.detach(), spacing=(x.detach(),))[0]
    assert (numeric - slope.detach())[keep][1:-1].abs().max() < (0.51 if power == 1 else 0.03)
    assert (value[x <= 0] == 0).all() and expected.isfinite().all()


def test_late_fusion_gradient_is_that_of_autograd(source):
    w = (0.5 * torch.randn((2, 3, 8, 5), generator=source)).double().requires_grad_()
    x = torch.randn((2, 3, 6, 5), generator=source).double()
    y = torch.randint(4, (3, 6), generator=source)
    logits, slope = competition.late_fusion(w, x, 4, 3.0, 0.3)
    by_hand = sum(
        competition.smoothed_relu(x[r] @ w[r].mT, 3.0, 0.3)[0].unflatten(-1, (4, 2)).sum(-1)
        for r in range(2)
    )
    torch.testing.assert_close(logits, by_hand)
    loss = functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
    (expected,) = torch.autograd.grad(loss.view(3, 6).mean(1).sum(), w)
    found = competition.loss_gradient(logits.detach(), slope.detach(), x, y)
    torch.testing.assert_close(found, expected)


def test_samples_are_sufficient_or_misleading(source):
    d = competition.Distribution(noise=0.0)
    features = competition.dictionary(d, 2, source)
    torch.testing.assert_close(
        features.mT @ features, torch.eye(10).expand(2, 2, -1, -1), atol=1e-5, rtol=0
    )
    x, y = competition.sample(d, features, 20_000, source)
    z = x @ features
    own = z.gather(-1, y.expand(2, -1, -1)[..., None])[..., 0]
    poor = own < 0.5
    torch.testing.assert_close(own[~poor], torch.ones_like(own[~poor]), atol=1e-4, rtol=0)
    torch.testing.assert_close(own[poor], torch.full_like(own[poor], d.tiny), atol=1e-4, rtol=0)
    for r, share in enumerate(d.insufficient):
        assert abs(poor[r].float().mean().item() - share) < 5 * math.sqrt(share / 40_000)
    rest = z.scatter(-1, y.expand(2, -1, -1)[..., None], 0.0)
    assert rest.max() < d.wrong + 1e-4
    assert ((rest[poor].amax(-1) - d.wrong).abs() < 1e-4).all()
    assert (rest[~poor].amax(-1) < d.wrong - 1e-6).float().mean() > 0.9
    with pytest.raises(ValueError, match="columns"):
        competition.dictionary(d._replace(dimension=5), 1, source)


def test_learned_features_find_the_planted_neuron(source):
    features = competition.dictionary(competition.Distribution(), 1, source)
    w = torch.zeros(2, 1, 30, 20)
    w[1, 0, 3 * 7 + 2] = 0.7 * features[1, 0, :, 7]
    found = competition.learned_features(w, features)
    assert found[1, 0, 7].item() == pytest.approx(0.7, abs=1e-5)
    assert found.sum().item() == pytest.approx(0.7, abs=1e-5)


def test_perceptron_needs_two_widths(source):
    with pytest.raises(ValueError, match="widths"):
        gramian.init_perceptron((3,), 1, source)
