"""Residual perceptrons side by side: against PyTorch's modules, one at a time."""

import pytest
import torch

from redrawn.methods.stability import residual_perceptron as net

SIZES = net.shapes(5, 8, 2, 3)
X = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(1))


def draw(**options):
    return net.initial(SIZES, source=torch.Generator().manual_seed(0), **options)


@pytest.mark.parametrize("normalise", [False, True])
def test_outputs_are_those_of_modules(normalise):
    w = draw(gain=1.0, fixup=False, count=2)
    for row, x, found in zip(w, X, net.logits(w, X, SIZES, normalise), strict=True):
        parts = iter(row.split([a * b for a, b in SIZES]))
        layers = [torch.nn.Linear(a, b, bias=False) for a, b in SIZES]
        for layer, (a, b) in zip(layers, SIZES, strict=True):
            layer.weight.data = next(parts).view(a, b).T
        norm = torch.nn.LayerNorm(8) if normalise else torch.nn.Identity()
        h = layers[0](x)
        for up, down in ((layers[1], layers[2]), (layers[3], layers[4])):
            h = h + down(torch.relu(up(norm(h))))
        torch.testing.assert_close(layers[-1](norm(h)), found)


def test_initial_deviations():
    sizes = net.shapes(50, 60, 2, 10)
    source = torch.Generator().manual_seed(0)
    plain, fixed = (
        net.initial(sizes, 1.5, fixup, 3, source).split([a * b for a, b in sizes], 1)
        for fixup in (False, True)
    )
    for part, (a, _) in zip(plain, sizes, strict=True):
        assert abs(part.std() / (1.5 * (2 / a) ** 0.5) - 1) < 0.05
    assert all(fixed[i].abs().max() == 0 for i in (2, 4, 5))
    for i in (1, 3):
        assert abs(fixed[i].std() / plain[i].std() - 2**-0.5) < 0.02


def test_fixup_starts_at_zero_output():
    assert net.logits(draw(gain=1.0, fixup=True, count=2), X, SIZES, False).abs().max() == 0
