"""The transformer: causality, networks apart, and PyTorch's own layers."""

import math
from dataclasses import FrozenInstanceError

import pytest
import torch

from redrawn.methods.language import CharacterTransformer

MODEL = CharacterTransformer(alphabet=7, context=6, width=8, layers=2, heads=2)


@pytest.fixture(scope="module")
def networks():
    parameters = MODEL.initial(3, torch.Generator().manual_seed(0)).double()
    shift = torch.randn(parameters.shape, generator=torch.Generator().manual_seed(1)).double()
    return parameters + 0.3 * shift  # gains and biases away from one and zero


@pytest.fixture(scope="module")
def text():
    return torch.randint(0, 7, (3, 4, 7), generator=torch.Generator().manual_seed(2))


def test_a_later_character_changes_nothing_before_it(networks, text):
    other = text[..., :6].clone()
    other[..., 4] = (other[..., 4] + 1) % 7
    before, after = MODEL.logits(networks, text[..., :6]), MODEL.logits(networks, other)
    torch.testing.assert_close(before[..., :4, :], after[..., :4, :])
    assert not torch.allclose(before[..., 4:, :], after[..., 4:, :])


def test_networks_are_apart(networks, text):
    together = MODEL.loss(networks, text)
    for i in range(3):
        torch.testing.assert_close(MODEL.loss(networks[i : i + 1], text[i : i + 1])[0], together[i])


def test_agreement_with_torch_layers(networks, text):
    i, t = 1, 6
    sizes = [math.prod(s) for s in MODEL.shapes.values()]
    parts = networks[i].split(sizes)
    w = {n: p.view(s) for (n, s), p in zip(MODEL.shapes.items(), parts, strict=True)}
    layers = []
    for k in range(2):
        layer = torch.nn.TransformerEncoderLayer(
            8, 2, 32, 0.0, "gelu", norm_first=True, batch_first=True
        )
        layer = layer.double().eval()
        with torch.no_grad():
            (
                layer.norm1.weight.copy_(w[f"{k} norm 1"][0]),
                layer.norm1.bias.copy_(w[f"{k} norm 1"][1]),
            )
            (
                layer.norm2.weight.copy_(w[f"{k} norm 2"][0]),
                layer.norm2.bias.copy_(w[f"{k} norm 2"][1]),
            )
            layer.self_attn.in_proj_weight.copy_(w[f"{k} query, key, value"].T)
            layer.self_attn.in_proj_bias.zero_()
            layer.self_attn.out_proj.weight.copy_(w[f"{k} mix"].T)
            layer.self_attn.out_proj.bias.zero_()
            layer.linear1.weight.copy_(w[f"{k} up"].T), layer.linear1.bias.copy_(w[f"{k} up bias"])
            (
                layer.linear2.weight.copy_(w[f"{k} down"].T),
                layer.linear2.bias.copy_(w[f"{k} down bias"]),
            )
        layers.append(layer)
    x = w["embedding"][text[i, :, :t]] + w["position"][:t]
    mask = torch.nn.Transformer.generate_square_subsequent_mask(t).double()
    for layer in layers:
        x = layer(x, src_mask=mask)
    x = torch.nn.functional.layer_norm(x, (8,), *w["last norm"])
    expected = x @ w["output"] + w["output bias"]
    torch.testing.assert_close(MODEL.logits(networks, text[..., :t])[i], expected)
    loss = torch.nn.functional.cross_entropy(expected.flatten(0, 1), text[i, :, 1:].flatten())
    torch.testing.assert_close(MODEL.loss(networks, text)[i], loss)


def test_a_new_network_guesses_evenly(text):
    start = MODEL.initial(3, torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        MODEL.loss(start, text), torch.full((3,), math.log(7)), atol=0.02, rtol=0
    )


def test_limits():
    with pytest.raises(ValueError, match="heads"):
        CharacterTransformer(7, 6, 8, 1, 3)
    start = MODEL.initial(1, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="context"):
        MODEL.logits(start, torch.zeros(1, 1, 7, dtype=torch.long))


def test_sizes_that_were_checked_cannot_change():
    with pytest.raises(FrozenInstanceError):
        MODEL.heads = 3
