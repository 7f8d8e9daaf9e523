"""What a ReLU passes back, against captum and by hand; deconvnets layer by layer."""

import captum.attr
import pytest
import torch
from torch import nn

from redrawn.methods import attribution


def without_pooling():
    source = torch.Generator().manual_seed(4)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 3))
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=source)
    x = torch.randn(5, 6, generator=source)
    return net, x, torch.tensor([0, 1, 2, 0, 1])


def test_gradient_rule_is_the_gradient(network, pictures, labels):
    found = attribution.modified_gradient(network, "gradient", pictures, labels)
    expected = attribution.gradient(attribution.class_score(network, labels), pictures)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_rules_agree_with_captum(rule):
    net, x, labels = without_pooling()
    oracle = {"deconvnet": captum.attr.Deconvolution, "guided": captum.attr.GuidedBackprop}[rule]
    expected = oracle(net).attribute(x, target=labels)
    torch.testing.assert_close(attribution.modified_gradient(net, rule, x, labels), expected)


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
def test_deeplift_agrees_with_captum_and_is_complete():
    net, x, labels = without_pooling()
    baseline = torch.zeros_like(x)
    found = attribution.deeplift_rescale(net, x, baseline, labels)
    expected = captum.attr.DeepLift(net).attribute(x, baseline, target=labels)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    change = (net(x) - net(baseline)).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(found.sum(1), change, atol=1e-4, rtol=1e-4)


def test_a_rule_leaves_the_network_alone(network, pictures):
    ruled = attribution.with_rule(network, "guided")
    torch.testing.assert_close(ruled(pictures), network(pictures))
    assert type(network[1]) is nn.ReLU


def test_deconvnet_without_relu_is_the_gradient_and_with_relu_its_rule(network, pictures, labels):
    linear = nn.Sequential(*[nn.Identity() if isinstance(m, nn.ReLU) else m for m in network])
    found = attribution.deconvnet(linear, pictures, labels)
    expected = attribution.gradient(attribution.class_score(linear, labels), pictures)
    torch.testing.assert_close(found, expected)
    ruled = attribution.modified_gradient(network, "deconvnet", pictures, labels)
    torch.testing.assert_close(attribution.deconvnet(network, pictures, labels), ruled)
    with pytest.raises(TypeError, match="Tanh"):
        attribution.deconvnet(nn.Sequential(*linear, nn.Tanh()), pictures, labels)


def test_class_images_climb_the_score():
    weight = torch.randn(4, 3 * 25, generator=torch.Generator().manual_seed(0))

    def net(z):
        return z.flatten(1) @ weight.T

    labels = torch.tensor([1, 3])
    # argmax wᵀI - λ‖I‖² is w / (2λ)
    found = attribution.class_images(net, labels, 5, 2000, 0.02, 0.5)
    torch.testing.assert_close(found.flatten(1), weight[labels], atol=1e-2, rtol=1e-2)
    posterior = attribution.class_images(net, labels, 5, 50, 0.1, 0.0, "posterior")
    shares = net(posterior).softmax(1)[torch.arange(2), labels]
    assert (shares > 0.99).all()
    # the posterior's ascent holds the others down
    score = attribution.class_images(net, labels, 5, 50, 0.1, 0.0)
    assert net(posterior)[0, [0, 2, 3]].sum() < net(score)[0, [0, 2, 3]].sum()
