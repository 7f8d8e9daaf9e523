import numpy as np
import pytest
import torch

from redrawn.methods.lipschitz.network_constants import network_constants
from redrawn.methods.lipschitz.perceptron_descent import activations, init_layers
from redrawn.methods.lipschitz.variance_bound import variance_bound, variances


def test_the_mean_over_networks_is_the_unbiased_variance():
    outputs = torch.randn((5, 30, 4), generator=torch.Generator().manual_seed(0)).double()
    expected = np.var(outputs.numpy(), axis=0, ddof=1).sum(-1).mean()
    np.testing.assert_allclose(variances(outputs).mean(), expected)
    assert (variances(outputs[:1].expand(3, -1, -1)) < 1e-20).all()


def test_linear_networks_leave_a_known_gap():
    # f_ζ(x) = ±2 x: the mean network is zero, the variance 4 E x², and the bound three times that
    slopes = torch.tensor([2.0, -2.0]).double()
    x = torch.randn((50, 1), generator=torch.Generator().manual_seed(1)).double()
    found = variances(slopes[:, None, None] * x) / 2  # of the population, for two networks
    bound = variance_bound(torch.tensor(0.0).double(), slopes.abs(), x)
    torch.testing.assert_close(bound, 3 * found)
    # 5 x and x about 3 x
    bound = variance_bound(torch.tensor(3.0).double(), 3 + slopes, x)
    torch.testing.assert_close(bound, 3 * torch.tensor([34.0, 10.0]).double() * x.square().mean())


def test_the_bound_holds_with_true_constants_of_networks_without_biases():
    source = torch.Generator().manual_seed(2)
    layers = init_layers([6, 40, 3], 8, source, biases=False)
    x = torch.randn((200, 6), generator=source)
    upper = network_constants(layers, x).upper
    found = variances(activations(layers, x)[-1].mT)
    # the mean network's constant is at most the mean of the constants
    assert found.mean() < variance_bound(upper.mean(), upper, x).mean()


def test_one_network_has_no_variance():
    with pytest.raises(ValueError, match="two networks"):
        variances(torch.zeros(1, 4, 2))
