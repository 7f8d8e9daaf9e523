import pytest
import torch
from torch import nn
from torch.nn import functional

from redrawn.methods.lipschitz import perceptron_descent as descent


@pytest.fixture
def source():
    return torch.Generator().manual_seed(4)


def flat(layers):
    return [part for parts in layers for part in parts if part is not None]


@pytest.mark.parametrize("relu_output", [False, True])
@pytest.mark.parametrize(("biases", "widths"), [(True, [3, 8, 6, 4]), (False, [3, 9, 4])])
@pytest.mark.parametrize("shared", [False, True])
def test_gradient_is_that_of_autograd(source, shared, biases, widths, relu_output):
    layers = descent.init_layers(widths, 2, source, biases=biases)
    layers = [
        (w.double().requires_grad_(), b if b is None else b.double().requires_grad_())
        for w, b in layers
    ]
    x = torch.randn((11, 3) if shared else (2, 11, 3), generator=source, dtype=torch.float64)
    labels = torch.randint(4, (2, 11), generator=source)
    logits = descent.activations(layers, x, relu_output)[-1]  # (e, k, n), as cross_entropy wants it
    loss = sum(functional.cross_entropy(z.T, y) for z, y in zip(logits, labels, strict=True))
    expected = torch.autograd.grad(loss, flat(layers))
    with torch.no_grad():
        found = descent.gradient(layers, x, functional.one_hot(labels, 4).double(), relu_output)
    for a, b in zip(flat(found), expected, strict=True):
        torch.testing.assert_close(a, b)
    assert (logits == 0).any() == relu_output


def test_outputs_and_start_are_those_of_the_library(source):
    layers = descent.init_layers([5, 300, 3], 1, source)
    network = nn.Sequential(nn.Linear(5, 300), nn.ReLU(), nn.Linear(300, 3))
    for (weight, bias), layer in zip(layers, (network[0], network[2]), strict=True):
        for part, theirs in ((weight, layer.weight), (bias, layer.bias)):
            assert part.abs().max() <= weight.shape[-1] ** -0.5
            assert part.shape[1:] == theirs.shape
            theirs.data = part[0]
        assert abs(weight.std().item() * (3 * weight.shape[-1]) ** 0.5 - 1) < 0.05
    x = torch.randn((7, 5), generator=source)
    found = descent.activations(layers, x)
    torch.testing.assert_close(found[-1][0].T, network(x).detach())
    assert [tuple(f.shape) for f in found] == [(5, 7), (1, 300, 7), (1, 3, 7)]


def test_side_by_side_is_one_by_one_and_goes_downhill(source):
    layers = descent.init_layers([4, 12, 3], 3, source, biases=False)
    alone = [[(w[i : i + 1].clone(), None) for w, _ in layers] for i in range(3)]
    x = torch.randn((20, 4), generator=source)
    target = functional.one_hot(torch.randint(3, (20,), generator=source), 3).float()

    def loss(networks):
        return -(descent.activations(networks, x)[-1].log_softmax(1) * target.T).sum((1, 2)) / 20

    before = loss(layers)
    for networks in [layers, *alone]:
        for _ in range(30):
            descent.descend(networks, descent.gradient(networks, x, target), 0.1)
    assert (loss(layers) < before - 0.02).all()
    for i, networks in enumerate(alone):
        for (w, _), (v, _) in zip(layers, networks, strict=True):
            torch.testing.assert_close(w[i : i + 1], v)
