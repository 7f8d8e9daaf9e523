"""The classifiers: trained ones recognise photographs, small ones are what they say."""

import pytest
import torch

from redrawn.data import imagenet
from redrawn.methods import classifiers


@pytest.fixture(scope="module")
def photographs():
    images, labels = imagenet.photographs()
    return torch.from_numpy(images), torch.from_numpy(labels)


@pytest.mark.parametrize("final_relu", [True, False])
def test_squeezenet_recognises_photographs(photographs, final_relu):
    network = classifiers.squeezenet(imagenet.squeezenet(), final_relu=final_relu)
    with torch.no_grad():
        scores = network(network.prepare(photographs[0]))
    five = scores.topk(5).indices == photographs[1][:, None]
    assert five[:, 0].sum() >= 11 and five.any(1).sum() >= 19


def test_features_and_classify_are_the_network(photographs):
    network = classifiers.squeezenet(imagenet.squeezenet())
    assert not any(p.requires_grad for p in network.parameters())
    x = network.prepare(photographs[0][:2])
    torch.testing.assert_close(network.classify(network.features(x)), network(x))
    assert network.features(x, 3).shape == (2, 128, 56, 56)


def test_efficientnet_recognises_photographs(photographs):
    network = classifiers.efficientnet_lite0(imagenet.efficientnet_lite0())
    assert not any(p.requires_grad for p in network.parameters())
    with torch.no_grad():
        hits = network(network.prepare(photographs[0])).argmax(1) == photographs[1]
    assert hits.sum() >= 17


def test_digits_net_starts_as_he_says():
    network, again = (
        classifiers.digits_net(28, 32, 10, torch.Generator().manual_seed(1)) for _ in range(2)
    )
    for layer, same in zip(network, again, strict=True):
        if hasattr(layer, "weight"):
            assert torch.equal(layer.weight, same.weight)
            deviation = (2 / layer.weight[0].numel()) ** 0.5
            # of n normal numbers: four standard errors, √2n
            assert (
                abs(float(layer.weight.detach().std()) / deviation - 1)
                < 4 / (2 * layer.weight.numel()) ** 0.5
            )
            assert not layer.bias.any()


def test_digits_net_has_the_said_shapes():
    network = classifiers.digits_net(14, 4, 10, torch.Generator().manual_seed(0))
    assert network(torch.rand(3, 1, 14, 14)).shape == (3, 10)
    assert network[:5](torch.rand(3, 1, 14, 14)).shape == (3, 8, 7, 7)


def test_perceptrons_do_not_mix():
    source = torch.Generator().manual_seed(0)
    layers = classifiers.init_perceptron([5, 7, 3], 2, source)
    x = torch.randn(2, 4, 5, generator=source)
    both = classifiers.perceptron(layers, x)
    for i in range(2):
        hidden = torch.relu(x[i] @ layers[0][0][i] + layers[0][1][i])
        torch.testing.assert_close(both[i], hidden @ layers[1][0][i] + layers[1][1][i])


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthonormal_matrices_have_singular_values_one(shape):
    weight = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(classifiers.orthonormal(weight, 40))
    torch.testing.assert_close(values, torch.ones_like(values), atol=1e-3, rtol=0)
    # the nearest one is the polar factor
    u, _, vh = torch.linalg.svd(weight, full_matrices=False)
    torch.testing.assert_close(classifiers.orthonormal(weight, 60), u @ vh, atol=1e-3, rtol=0)


def test_orthonormal_layers_with_group_sort_do_not_stretch():
    source = torch.Generator().manual_seed(2)
    start = classifiers.init_perceptron([9, 8, 8, 4], 2, source)
    layers = [(classifiers.orthonormal(w, 30), bias) for w, bias in start]
    near = [(classifiers.orthonormal(1.2 * w, 8, scale=False), bias) for w, bias in layers]
    torch.testing.assert_close(near, layers, atol=1e-4, rtol=1e-4)
    x, y = torch.randn(2, 2, 50, 9, generator=source)
    a, b = (classifiers.perceptron(layers, z, classifiers.group_sort) for z in (x, y))
    assert ((a - b).norm(dim=-1) <= (x - y).norm(dim=-1) * 1.001).all()


def test_group_sort_keeps_values_in_pairs():
    x = torch.tensor([3.0, 1.0, -2.0, 5.0])
    assert classifiers.group_sort(x).tolist() == [1, 3, -2, 5]


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_adversary_reaches_the_best_of_a_linear_loss(norm):
    source = torch.Generator().manual_seed(3)
    slope, x = torch.randn(6, generator=source), torch.randn(4, 6, generator=source)
    found = classifiers.projected_descent(lambda z: z @ slope, x, 0.3, 10, norm) - x
    best = slope.sign() if norm == "linf" else slope / slope.norm()
    torch.testing.assert_close(found, 0.3 * best.expand(4, 6), atol=1e-5, rtol=1e-5)
