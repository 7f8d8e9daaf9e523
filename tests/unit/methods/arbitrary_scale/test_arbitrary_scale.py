import pytest
import torch
from torch.nn import functional

from redrawn.methods import arbitrary_scale, implicit


def generator():
    return torch.Generator().manual_seed(0)


def test_weights_sum_to_one_and_vanish_for_far_cells():
    query = torch.rand(200, 2, generator=generator()) * 2 - 1
    found = arbitrary_scale.neighbours(query, 5, 7)
    total = sum(weight for *_, weight in found)
    torch.testing.assert_close(total, torch.ones(200))
    assert all(weight.min() >= 0 for *_, weight in found)


def test_at_a_cells_centre_only_that_cell_counts():
    query = arbitrary_scale.pixel_centres(4)
    found = arbitrary_scale.neighbours(query, 4, 4)
    row, column, offset, weight = found[0]
    torch.testing.assert_close(weight, torch.ones(16), atol=1e-5, rtol=0)
    assert (row * 4 + column).tolist() == list(range(16))
    assert offset.abs().max() < 1e-5


def test_interpolating_latents_is_bilinear_interpolation():
    # an MLP that passes the first latent on makes the decoder a bilinear resize
    c, latents = 2, torch.rand(1, 3, 2, 6, 6, generator=generator())
    weight = torch.zeros(1, c + 4, 1)
    weight[0, 0, 0] = 1
    found = arbitrary_scale.liif(
        [(weight, torch.zeros(1, 1, 1))], latents, arbitrary_scale.pixel_centres(15), 2 / 15
    )
    expected = functional.interpolate(
        latents[0, :, :1], size=15, mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(found[0].reshape(3, 1, 15, 15), expected, atol=1e-5, rtol=1e-5)


def test_the_decoder_is_continuous_across_cells():
    layers = implicit.init_mlp([6, 16, 1], "relu", 1, generator())
    latents = torch.randn(1, 1, 2, 4, 4, generator=generator())
    steps = torch.linspace(-0.9, 0.9, 4001)
    query = torch.stack([steps, 0.3 * torch.ones_like(steps)], -1)
    found = arbitrary_scale.liif(layers, latents, query, 0.1)[0, 0]
    assert found.diff().abs().max() < 0.01 * (found.max() - found.min())


def test_an_ensembles_networks_do_not_mix():
    layers = arbitrary_scale.init_convolutions([16, 8, 4], 3, generator())
    images = torch.rand(3, 2, 16, 16, generator=generator())
    whole = arbitrary_scale.encode(layers, images)
    assert whole.shape == (3, 2, 4, 4, 4)
    changed = images.clone()
    changed[1] += 1
    other = arbitrary_scale.encode(layers, changed)
    torch.testing.assert_close(whole[[0, 2]], other[[0, 2]])
    assert not torch.allclose(whole[1], other[1])


def test_encoding_by_torchs_own_convolution():
    layers = arbitrary_scale.init_convolutions([16, 5], 1, generator())
    image = torch.rand(1, 1, 8, 8, generator=generator())
    expected = functional.conv2d(functional.pixel_unshuffle(image, 4), layers[0][0], padding=1)
    torch.testing.assert_close(arbitrary_scale.encode(layers, image)[0], expected)


@pytest.mark.parametrize("side", [2, 8])
def test_the_fixed_decoder_has_four_pixels_a_cell(side):
    layers = arbitrary_scale.init_convolutions([3, 16], 2, generator())
    assert arbitrary_scale.decode_fixed(layers, torch.rand(2, 5, 3, side, side)).shape == (
        2, 5, 4 * side, 4 * side,
    )  # fmt: skip
