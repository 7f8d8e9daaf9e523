"""A small trained-like network, and a batch of pictures."""

import pytest
import torch

from redrawn.methods import classifiers


@pytest.fixture(scope="session")
def network():
    net = classifiers.digits_net(12, 4, 5, torch.Generator().manual_seed(0))
    source = torch.Generator().manual_seed(1)
    for parameter in net.parameters():  # biases too: a bias of zero hides mistakes
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=source)
    return net.double().requires_grad_(False).eval()


@pytest.fixture(scope="session")
def pictures():
    return torch.rand(4, 1, 12, 12, generator=torch.Generator().manual_seed(2)).double()


@pytest.fixture(scope="session")
def labels():
    return torch.tensor([0, 3, 1, 4])
