"""What is written by hand for speed, against autograd."""

import pytest
import torch

from redrawn.methods import implicit
from redrawn.methods.implicit.sine_cosine import sine_and_cosine_


def draw(*shape, seed=1):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)).double() * 2 - 1


def doubles(layers):
    return [(w.double(), b.double()) for w, b in layers]


@pytest.mark.parametrize("chunk", [1, 7, 50, 1000])
def test_the_step_by_hand_is_autograds(chunk):
    layers = doubles(implicit.init_siren([2, 9, 8, 3], 2, torch.Generator().manual_seed(0)))
    flat = [p.requires_grad_() for pair in layers for p in pair]
    x, y = draw(50, 2), draw(50, 3, seed=2)
    by_hand = implicit.siren_squared_error(layers, x, y, omega0=7.0, chunk=chunk)
    expected = (implicit.siren(layers, x.expand(2, 50, 2), omega0=7.0) - y).square().mean((1, 2))
    torch.testing.assert_close(by_hand, expected)
    weights = torch.tensor([1.0, 3.0]).double()
    found = torch.autograd.grad((weights * by_hand).sum(), flat)
    for a, b in zip(found, torch.autograd.grad((weights * expected).sum(), flat), strict=True):
        torch.testing.assert_close(a, b)


def test_the_step_refuses_what_does_not_fit():
    layers = [(torch.zeros(2, 1), torch.zeros(1))]
    into = [(torch.zeros(2, 1), torch.zeros(1))]
    for x, y, chunk in ((0, 0, 1), (3, 2, 1), (3, 3, 0)):
        with pytest.raises(ValueError, match="points"):
            implicit.siren_step(layers, torch.zeros(x, 2), torch.zeros(y, 1), into, chunk=chunk)


FIELDS = {
    "sine": lambda layers, x: implicit.siren(layers, x, omega0=4.0),
    "relu": lambda layers, x: implicit.mlp(layers, x, torch.relu),
    "tanh": lambda layers, x: implicit.mlp(layers, x, torch.tanh),
    "softplus": lambda layers, x: implicit.mlp(layers, x, torch.nn.functional.softplus),
}


@pytest.mark.parametrize("rule", FIELDS)
def test_a_jet_is_value_gradient_and_laplacian(rule):
    layers = doubles(implicit.init_siren([2, 8, 8, 1], 3, torch.Generator().manual_seed(0), 4.0))
    x = draw(3, 11, 2)

    def field(x):
        return FIELDS[rule](layers, x)

    jet = implicit.mlp_jet(layers, implicit.coordinate_jet(x), rule, omega0=4.0)
    torch.testing.assert_close(jet[:, 0], field(x))
    torch.testing.assert_close(jet[:, 1:3, :, 0].transpose(1, 2), implicit.gradient(field, x))
    torch.testing.assert_close(jet[:, 3], implicit.laplacian(field, x))


def test_the_jet_of_an_encoding():
    layers = doubles(implicit.init_mlp([10, 8, 1], "tanh", 1, torch.Generator().manual_seed(0)))
    x = draw(1, 6, 2)

    def field(x):
        return implicit.mlp(layers, implicit.positional_encoding(x, 2), torch.tanh)

    jet = implicit.mlp_jet(layers, implicit.positional_encoding_jet(x, 2), "tanh")
    torch.testing.assert_close(jet[:, 1:3, :, 0].transpose(1, 2), implicit.gradient(field, x))
    torch.testing.assert_close(jet[:, 3], implicit.laplacian(field, x))


def test_sine_and_cosine_in_place_of_any_layout():
    z, cosine = draw(5, 4).T, torch.empty(4, 5).double()
    sine, expected = z.sin(), z.cos()
    sine_and_cosine_(z, cosine)
    torch.testing.assert_close(z, sine)
    torch.testing.assert_close(cosine, expected)


def test_radial_bumps_by_their_definition():
    centres, sharpness = implicit.init_rbf(2, 5, 2, torch.Generator().manual_seed(0))
    x = draw(2, 4, 2).float()
    squared = (x[:, :, None] - centres[:, None]).square().sum(-1)
    expected = torch.exp(-((10 * squared) ** 2))
    torch.testing.assert_close(implicit.rbf(x, centres, sharpness), expected, atol=1e-5, rtol=1e-4)
    assert implicit.init_rbf(2, 1, 1, torch.Generator())[0].shape == (1, 1, 2)
    with pytest.raises(ValueError, match="centre"):
        implicit.init_rbf(2, 0, 1, torch.Generator())


def test_poisson_by_cosines_inverts_scipys_stencils():
    from scipy import ndimage

    image = draw(12, 9).numpy()
    image -= image.mean()
    found = implicit.from_laplacian(ndimage.laplace(image, mode="reflect"))
    torch.testing.assert_close(torch.tensor(found), torch.tensor(image))
    smooth = ndimage.gaussian_filter(image, 2, mode="reflect")
    smooth -= smooth.mean()
    sobel = [ndimage.sobel(smooth, axis=i, mode="reflect") for i in range(2)]
    again = implicit.from_sobel(*sobel)
    for i in range(2):
        expected = torch.tensor(sobel[i])
        torch.testing.assert_close(
            torch.tensor(ndimage.sobel(again, axis=i, mode="reflect")), expected
        )
