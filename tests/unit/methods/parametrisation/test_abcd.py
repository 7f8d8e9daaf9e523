"""Parametrisations by exponents of the width: invariance, initial sizes, and the paper's conditions."""

import pytest
import torch

from redrawn.methods.parametrisation import PARAMETRISATIONS, WideMLP


def build(name, width=32, shift=0.0, networks=2, hidden=2):
    first, middle, last = PARAMETRISATIONS[name]
    layers = [e.shifted(shift) for e in (first, *[middle] * (hidden - 1), last)]
    source = torch.Generator().manual_seed(0)
    return WideMLP(layers, width, 4, 1, networks, source, dtype=torch.float64)


def trained(net, x, y, steps=5):
    adam = net.adam(0.05, eps=1e-4)
    for _ in range(steps):
        adam.zero_grad()
        (net(x) - y).square().mean((1, 2)).sum().backward()
        adam.step()
    return net(x).detach()


@pytest.fixture(scope="module")
def data():
    source = torch.Generator().manual_seed(1)
    return (
        torch.randn(16, 4, generator=source, dtype=torch.float64),
        torch.randn(16, 1, generator=source, dtype=torch.float64),
    )


@pytest.mark.parametrize("name", PARAMETRISATIONS)
@pytest.mark.parametrize("theta", [-0.5, 0.3])
def test_shifted_exponents_are_the_same_network_and_training(name, theta, data):
    x, y = data
    torch.testing.assert_close(build(name)(x), build(name, shift=theta)(x))
    torch.testing.assert_close(trained(build(name), x, y), trained(build(name, shift=theta), x, y))


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_the_papers_conditions(name):
    first, middle, last = PARAMETRISATIONS[name]
    # stable at the start, for all of them
    assert first.a + first.b == 0
    assert middle.a + middle.b == 0.5
    assert last.a + last.b >= 0.5
    r = min(first.c + first.a, middle.c + middle.a - 1)
    stable = r >= 0 and last.a + last.b + r >= 1 and last.b <= last.c
    assert stable == (name in ("neural tangent", "maximal update"))
    faithful = (
        first.d == first.a + last.a + last.b
        and middle.d == middle.a + last.a + last.b
        and last.d == last.a
    )
    assert faithful == (name in ("neural tangent", "maximal update"))
    assert (
        r
        == {"neural tangent": 0.5, "maximal update": 0.0, "standard": -1.0, "standard, 1/n": 0.0}[
            name
        ]
    )


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_features_start_of_order_one_and_outputs_as_the_last_layer_says(name, data):
    x, _ = data
    sizes = []
    for width in (64, 1024):
        net = build(name, width, networks=8)
        sizes.append((net.features(x).square().mean().sqrt(), net(x).square().mean().sqrt()))
    (narrow, small), (wide, large) = sizes
    assert 0.5 < (wide / narrow).item() < 2
    last = PARAMETRISATIONS[name][-1]
    expected = 16 ** (0.5 - last.a - last.b)
    assert expected / 2 < (large / small).item() < 2 * expected


def test_one_step_moves_each_weight_by_its_own_factor(data):
    x, y = data
    net = build("maximal update", 32)
    before = [w.detach().clone() for w in net.weights]
    trained(net, x, y, steps=1)
    moved = [(w.detach() - b).abs().amax().item() for w, b in zip(net.weights, before, strict=True)]
    expected = [0.05 * 32**-e.c for e in net.exponents]
    assert moved == pytest.approx(expected, rel=1e-2)
