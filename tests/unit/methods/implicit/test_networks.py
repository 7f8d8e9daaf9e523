import math

import numpy as np
import pytest
import torch
from scipy import stats

from redrawn.methods import implicit


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_siren_is_its_equation():
    layers = implicit.init_siren([2, 5, 4, 1], 3, generator())
    x = torch.rand(3, 7, 2, generator=generator(1))
    found = implicit.siren(layers, x, omega0=3.0)
    for e in range(3):
        h = x[e]
        for w, b in layers[:-1]:
            h = torch.sin(3.0 * (h @ w[e] + b[e]))
        torch.testing.assert_close(found[e], h @ layers[-1][0][e] + layers[-1][1][e])


def test_initialisation_has_the_papers_bounds():
    layers = implicit.init_siren([2, 64, 64, 1], 50, generator(), omega0=30.0)
    bounds = [1 / 2, math.sqrt(6 / 64) / 30, math.sqrt(6 / 64) / 30]
    for (w, b), bound, n in zip(layers, bounds, (2, 64, 64), strict=True):
        assert bound * 0.98 < w.abs().max() <= bound
        assert 0.9 * n**-0.5 < b.abs().max() <= n**-0.5
        assert stats.kstest(w.flatten().numpy() / bound, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_pre_activations_are_standard_normal_at_the_first_sum():
    layers = implicit.init_siren([1, 2048, 2048, 1], 1, generator())
    z = implicit.pre_activations(layers, torch.linspace(-1, 1, 64)[None, :, None])[1]
    assert z.std().item() == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("widths", [[], [3]])
def test_a_network_needs_inputs_and_outputs(widths):
    with pytest.raises(ValueError, match="widths"):
        implicit.init_siren(widths, 1, generator())


@pytest.mark.parametrize("name", ["relu", "tanh", "softplus"])
def test_mlp_is_torch_sequential(name):
    layers = implicit.init_mlp([3, 8, 8, 2], name, 1, generator())
    modules = []
    kinds = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "softplus": torch.nn.Softplus}
    for w, b in layers:
        linear = torch.nn.Linear(*w.shape[1:])
        linear.weight.data, linear.bias.data = w[0].T, b[0, 0]
        modules += [linear, kinds[name]()]
    x = torch.rand(1, 9, 3, generator=generator(1))
    expected = torch.nn.Sequential(*modules[:-1])(x[0])
    torch.testing.assert_close(implicit.mlp(layers, x, implicit.ACTIVATIONS[name])[0], expected)


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match="gelu"):
        implicit.init_mlp([1, 1], "gelu", 1, generator())


def test_initial_variances():
    for name, expected in (("relu", 2 / 400), ("tanh", 2 / 600)):
        w = implicit.init_mlp([400, 200], name, 4, generator())[0][0]
        assert w.var().item() == pytest.approx(expected, rel=0.05)


def test_positional_encoding_by_hand():
    x = torch.tensor([[0.25, -0.5]])
    found = implicit.positional_encoding(x, 2)[0]
    a = math.pi * torch.tensor([0.25, 0.5, -0.5, -1.0])
    torch.testing.assert_close(found, torch.cat([x[0], torch.sin(a), torch.cos(a)]))
    assert [implicit.frequencies(s) for s in (512, 256, 4)] == [7, 6, 1]
    with pytest.raises(ValueError, match="octaves"):
        implicit.positional_encoding(x, 0)


def test_derivatives_against_closed_forms():
    x = torch.rand(2, 6, 2, dtype=torch.float64, generator=generator())

    def field(x):
        return (torch.sin(2 * x[..., :1]) * x[..., 1:] ** 2).clone()

    a, b = x[..., 0], x[..., 1]
    expected = torch.stack([2 * torch.cos(2 * a) * b**2, torch.sin(2 * a) * 2 * b], -1)
    torch.testing.assert_close(implicit.gradient(field, x), expected)
    bend = -4 * torch.sin(2 * a) * b**2 + 2 * torch.sin(2 * a)
    torch.testing.assert_close(implicit.laplacian(field, x)[..., 0], bend)


def test_the_laplacian_of_a_siren_against_finite_differences():
    layers = implicit.init_siren([2, 16, 16, 1], 1, generator(), omega0=5.0)
    layers = [(w.double(), b.double()) for w, b in layers]

    def field(x):
        return implicit.siren(layers, x, omega0=5.0)

    x = torch.rand(1, 5, 2, dtype=torch.float64, generator=generator(2))
    h = 1e-4
    total = -4 * field(x)
    for step in np.array([[h, 0], [-h, 0], [0, h], [0, -h]]):
        total = total + field(x + torch.tensor(step))
    torch.testing.assert_close(
        implicit.laplacian(field, x).detach(), total / h**2, rtol=1e-4, atol=1e-4
    )


def test_a_relu_network_has_no_laplacian():
    layers = implicit.init_mlp([2, 16, 16, 1], "relu", 2, generator())
    x = torch.rand(2, 50, 2, generator=generator(1))
    found = implicit.laplacian(lambda x: implicit.mlp(layers, x, torch.relu), x)
    assert found.abs().max() == 0
