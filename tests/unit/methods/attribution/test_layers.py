"""FullGrad, class activation maps and NormGrad: exact identities, then captum."""

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from redrawn.data import imagenet
from redrawn.methods import attribution, classifiers


@pytest.fixture
def score(network, labels):
    return attribution.class_score(network, labels)


def test_full_gradient_is_complete(network, score, pictures):
    parts = attribution.full_gradient(network, score, pictures)
    torch.testing.assert_close(parts.score, score(pictures))
    assert parts.residual().abs().max() < 1e-7
    biased = sum(part.flatten(1).sum(1) for part in parts.biases)
    assert biased.abs().min() > 1e-3  # so that dropping them would show


def test_full_gradient_counts_batch_norm_and_saturated_units():
    source = torch.Generator().manual_seed(0)
    norm = nn.BatchNorm2d(6)
    for name in ("weight", "bias", "running_mean"):
        getattr(norm, name).data = torch.randn(6, generator=source) * 3
    norm.running_var = torch.rand(6, generator=source) + 0.5
    relu6 = nn.ReLU6()
    net = nn.Sequential(nn.Conv2d(3, 6, 3), norm, relu6, nn.Conv2d(6, 6, 3), relu6, nn.Flatten(),
                        nn.Linear(96, 4)).eval()  # fmt: skip
    x = 3 * torch.randn(5, 3, 8, 8, generator=source)
    score = attribution.class_score(net, torch.tensor([0, 1, 2, 3, 0]))
    assert (norm(net[0](x)) > 6).any()
    parts = attribution.full_gradient(net, score, x)
    assert len(parts.biases) == 6  # the one ReLU6 module is called twice
    assert parts.residual().abs().max() < 1e-4


def test_full_gradient_map_ignores_scale_and_is_a_sum_of_scaled_layers(network, score, pictures):
    parts = attribution.full_gradient(network, score, pictures)
    found = parts.map()
    assert found.shape == (4, 12, 12) and found.min() >= 0
    expected = 0
    for part in [parts.inputs, *[b for b in parts.biases if b.ndim == 4]]:
        size = part.abs()
        low, high = size.flatten(1).amin(1), size.flatten(1).amax(1)
        low, high = (v.view(-1, 1, 1, 1) for v in (low, high))
        large = F.interpolate((size - low) / (high - low + 1e-6), (12, 12), mode="bilinear",
                              align_corners=True)  # fmt: skip
        expected = expected + large.sum(1)
    torch.testing.assert_close(found, expected)


def test_a_gradient_map_cannot_be_complete_and_bias_gradients_can():
    # ReLU(x) - ReLU(x - 1): slope 0 below 0 and above 1, where it is 0 and 1
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    net[0].weight.data, net[0].bias.data = torch.ones(2, 1), torch.tensor([0.0, -1.0])
    net[2].weight.data, net[2].bias.data = torch.tensor([[1.0, -1.0]]), torch.zeros(1)
    x = torch.tensor([[-1.0], [3.0]])
    parts = attribution.full_gradient(net, lambda z: net(z)[:, 0], x)
    assert parts.inputs.abs().max() == 0
    torch.testing.assert_close(sum(b.sum(1) for b in parts.biases), torch.tensor([0.0, 1.0]))


def test_grad_cam_agrees_with_captum(network, score, pictures, labels):
    features, slopes = attribution.layer_gradients(score, pictures, [network[4]])[0]
    expected = captum.attr.LayerGradCam(network, network[4]).attribute(
        pictures, labels, relu_attributions=True
    )
    weights = attribution.grad_cam(features, slopes)
    found = attribution.activation_map(features, weights, features.shape[2:])
    torch.testing.assert_close(found[:, None], expected)


def test_layer_gradients_of_several_layers_come_from_one_pass(network, score, pictures):
    found = attribution.layer_gradients(score, pictures, [network[4], network[1]])
    assert [f.shape[1] for f, _ in found] == [8, 4]
    alone = attribution.layer_gradients(score, pictures, [network[1]])[0]
    torch.testing.assert_close(found[1], alone)


def test_xgrad_cam_weighs_gradients_by_features():
    features = torch.tensor([[[[1.0, 3.0]], [[2.0, 2.0]]]])
    slopes = torch.tensor([[[[4.0, 0.0]], [[1.0, -1.0]]]])
    found = attribution.xgrad_cam(features, slopes)
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0]]), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(attribution.grad_cam(features, slopes), torch.tensor([[2.0, 0.0]]))
    plus = attribution.grad_cam_plus(features, slopes)
    expected = [[16 / (32 + 64 * 4) * 4, 1 / (2 + 4)]]
    torch.testing.assert_close(plus, torch.tensor(expected))


def test_both_axioms_hold_for_a_linear_head_and_its_gradient():
    source = torch.Generator().manual_seed(0)
    features = torch.rand(3, 10, 2, 2, generator=source)
    weight = torch.randn(10, generator=source)

    def head(a):
        return a.sum((2, 3)) @ weight

    share = attribution.shares(features, weight.expand(3, -1))
    fall = attribution.falls(head, features, chunk=4)
    torch.testing.assert_close(fall, share, atol=1e-5, rtol=1e-5)
    assert attribution.conservation_error(head(features), share).max() < 1e-5
    assert attribution.sensitivity_error(fall, share).max() < 1e-5
    torch.testing.assert_close(
        attribution.conservation_error(head(features), 2 * share), torch.ones(3)
    )
    torch.testing.assert_close(attribution.sensitivity_error(fall, 2 * share), torch.ones(3))


def test_normgrad_is_the_norm_of_each_places_weight_gradient():
    source = torch.Generator().manual_seed(0)
    layer = nn.Conv2d(5, 7, 1)
    x, g = (
        torch.randn(2, 1, 5, 3, 4, generator=source)[0],
        torch.randn(1, 7, 3, 4, generator=source),
    )
    outer = torch.einsum("chw,khw->hwck", g[0], x[0])
    (slope,) = torch.autograd.grad((layer(x) * g).sum(), layer.weight)
    torch.testing.assert_close(outer.sum((0, 1)), slope[..., 0, 0], atol=1e-5, rtol=1e-5)
    found = attribution.normgrad(x, g)
    torch.testing.assert_close(found[0], outer.flatten(2).norm(dim=2), atol=1e-5, rtol=1e-5)


def test_combined_maps_are_a_geometric_mean():
    a = torch.tensor([[[0.0, 1.0], [0.25, 1.0]]])
    b = torch.tensor([[[0.0, 2.0], [2.0, 0.5]]])
    found = attribution.combined([a, b], (2, 2))
    torch.testing.assert_close(found[0, 1], torch.tensor([0.5, 0.5]))
    assert found[0, 0, 1] == 1
    # where both are least nothing is left of either but a millionth, so that no layer alone decides
    torch.testing.assert_close(found[0, 0, 0], torch.tensor(1e-6), atol=0, rtol=1e-4)


def test_meta_step_is_one_step_of_descent(network, pictures, labels):
    x, label = pictures[:1], labels[:1]
    loss = F.cross_entropy(network(x), label)
    moved = attribution.meta_step(network, x, label, 1e-3)
    after = F.cross_entropy(moved(x), label)
    copy = classifiers.digits_net(12, 4, 5, torch.Generator()).double()
    copy.load_state_dict(network.state_dict())
    adam = torch.optim.SGD(copy.parameters(), lr=1e-3)
    F.cross_entropy(copy(x), label).backward()
    adam.step()
    torch.testing.assert_close(moved(x), copy(x))
    assert not any(
        p.requires_grad for p in moved.parameters()
    )  # no map pays for weights' gradients
    assert after < loss == F.cross_entropy(network(x), label)


def test_full_gradient_of_squeezenet_is_complete():
    net = classifiers.squeezenet(imagenet.squeezenet())
    images, truth = imagenet.photographs()
    x = net.prepare(torch.from_numpy(images[1:2]))
    score = attribution.class_score(net, torch.from_numpy(truth[1:2]))
    assert attribution.full_gradient(net, score, x).residual().abs().max() < 1e-5
