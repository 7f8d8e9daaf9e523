"""TrAct: the ridge regression that it is, invariances, and the authors' package."""

import pytest
import torch
from torch.nn import functional
from torch_tract import TrAct

from redrawn.methods import optimizers


def draw(b=12, n=5, h=3):
    source = torch.Generator().manual_seed(0)
    shapes = ((b, n), (n, h), (b, h))
    return [torch.randn(s, generator=source, dtype=torch.float64) for s in shapes]


def test_update_minimises_the_ridge_objective():
    x, _, gradient = draw()
    ridge, b = 0.3, len(x)
    update = -optimizers.tract_gradient(x, gradient, ridge).requires_grad_()
    update = update.detach().requires_grad_()
    objective = (-b * gradient - x @ update).square().sum() + ridge * b * update.square().sum()
    objective.backward()
    assert update.grad.abs().max() < 1e-10


def test_forward_is_plain_and_backward_is_not():
    x, weight, _ = draw()
    weight.requires_grad_()
    z = optimizers.tract_linear(x, weight, 0.1)
    torch.testing.assert_close(z, x @ weight)
    gradient = 2 * (z.detach() - 1) / z.numel()
    (z - 1).square().mean().backward()
    torch.testing.assert_close(weight.grad, optimizers.tract_gradient(x, gradient, 0.1))


def test_a_large_ridge_is_a_scaled_plain_gradient():
    x, _, gradient = draw()
    torch.testing.assert_close(
        1e9 * optimizers.tract_gradient(x, gradient, 1e9), x.mT @ gradient, rtol=1e-6, atol=1e-9
    )


def test_stationary_points_are_the_plain_ones():
    x, _, gradient = draw()
    left = gradient - x @ torch.linalg.lstsq(x, gradient).solution  # orthogonal to all inputs
    assert optimizers.tract_gradient(x, left, 0.1).abs().max() < 1e-12


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_small_ridge_forgets_the_scale(scale):
    x, _, gradient = draw()
    plain, scaled = (
        a * x @ optimizers.tract_gradient(a * x, gradient, 1e-10) for a in (1.0, scale)
    )
    torch.testing.assert_close(plain, scaled, rtol=1e-4, atol=1e-6)


def test_batched_networks_are_apart():
    x, _, gradient = draw()
    both = optimizers.tract_gradient(torch.stack([x, 2 * x]), torch.stack([gradient] * 2), 0.1)
    torch.testing.assert_close(both[1], optimizers.tract_gradient(2 * x, gradient, 0.1))


def test_ridge_must_be_positive():
    x, _, gradient = draw()
    with pytest.raises(ValueError, match="ridge"):
        optimizers.tract_gradient(x, gradient, 0.0)


def test_agreement_with_the_authors_linear_layer():
    x, weight, target = (t.float() for t in draw())
    layer = torch.nn.Linear(5, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight.T)
    theirs = TrAct(layer, l=0.1)
    (theirs(x) - target).square().mean().backward()
    weight.requires_grad_()
    (optimizers.tract_linear(x, weight, 0.1) - target).square().mean().backward()
    torch.testing.assert_close(weight.grad, layer.weight.grad.T, rtol=1e-4, atol=1e-6)


def test_agreement_with_the_authors_convolution_on_patches():
    source = torch.Generator().manual_seed(0)
    pictures = torch.randn(6, 1, 10, 10, generator=source)
    convolution = torch.nn.Conv2d(1, 4, 4, stride=2, bias=False)
    theirs = TrAct(convolution, l=0.1)
    theirs(pictures).square().mean().backward()
    weight = convolution.weight.detach().flatten(1).T.contiguous().requires_grad_()
    rows = functional.unfold(pictures, 4, stride=2).mT.flatten(0, 1)
    optimizers.tract_linear(rows, weight, 0.1).square().mean().backward()
    expected = convolution.weight.grad.flatten(1).T
    torch.testing.assert_close(weight.grad, expected, rtol=1e-4, atol=1e-6)
