"""Activations that permute or reflect, sampled Jacobians, and enumeration of patterns."""

from itertools import pairwise

import pytest
import torch

from redrawn.methods.lipschitz.activation_patterns import formal_constant
from redrawn.methods.lipschitz.group_sort import (
    group_sort,
    group_sort_kept,
    group_sort_maps,
    jacobian_norms,
)
from redrawn.methods.lipschitz.householder import householder, householder_kept, householder_maps
from redrawn.methods.lipschitz.norm_product import norm_product

DOUBLE = torch.float64


def network(*sizes, seed=0):
    source = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(b, a, generator=source, dtype=DOUBLE) / a**0.5,
         torch.randn(b, generator=source, dtype=DOUBLE))
        for a, b in pairwise(sizes)
    ]  # fmt: skip


def outputs(layers, x, activation):
    for weight, bias in layers[:-1]:
        x = activation(x @ weight.T + bias)
    return x @ layers[-1][0].T + layers[-1][1]


def directions(groups, size, seed=0):
    v = torch.randn(groups, size, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)
    return v / v.norm(dim=1, keepdim=True)


def test_maxmin_by_hand():
    x = torch.tensor([[1.0, 3, 5, -2]])
    assert group_sort(x).tolist() == [[3, 1, 5, -2]]
    assert group_sort(x, 4).tolist() == [[5, 3, 1, -2]]


def test_maxmin_is_a_householder_activation():
    x = torch.randn(50, 6, dtype=DOUBLE)
    v = torch.tensor([[1.0, -1]] * 3, dtype=DOUBLE) / 2**0.5
    torch.testing.assert_close(householder(x, v), group_sort(x))


V = directions(3, 4)
KINDS = {
    "sort 2": (lambda x: group_sort(x, 2), group_sort_kept(6, 2), group_sort_maps(6, 2)),
    "sort 4": (lambda x: group_sort(x, 4), group_sort_kept(3, 4), group_sort_maps(3, 4)),
    "householder": (lambda x: householder(x, V), householder_kept(V), householder_maps(V)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kept_directions_are_kept_and_nothing_is_stretched(kind):
    activation, kept, maps = KINDS[kind]
    x, y = torch.randn(2, 200, 12, dtype=DOUBLE)
    groups = (len(kept), kept.shape[2])
    before, after = (
        (x - y).unflatten(1, groups),
        (activation(x) - activation(y)).unflatten(1, groups),
    )
    torch.testing.assert_close(*(torch.einsum("gks,ngs->ngk", kept, d) for d in (before, after)))
    assert (after.norm(dim=2) <= before.norm(dim=2) + 1e-12).all()
    assert (after.norm(dim=2) < 0.9 * before.norm(dim=2)).any()
    torch.testing.assert_close(
        kept @ kept.mT, torch.eye(kept.shape[1], dtype=DOUBLE).expand(len(kept), -1, -1)
    )
    # each output is one of the maps times its input
    images = torch.einsum("gpst,ngt->ngps", maps, x.unflatten(1, groups))
    error = (images - activation(x).unflatten(1, groups)[:, :, None]).norm(dim=-1)
    assert error.amin(-1).max() < 1e-12


@pytest.mark.parametrize("size", [2, 4])
def test_jacobian_norms_are_those_of_autograd(size):
    layers = network(5, 8, 8, 3)
    x = torch.randn(6, 5, dtype=DOUBLE)
    expected = [
        torch.linalg.matrix_norm(
            torch.autograd.functional.jacobian(
                lambda p: outputs(layers, p, lambda z: group_sort(z, size)), p
            ),
            2,
        )
        for p in x
    ]
    torch.testing.assert_close(jacobian_norms(layers, x, size), torch.stack(expected))
    one = [*layers[:-1], tuple(p[1:2] for p in layers[-1])]
    gradients = [
        torch.autograd.functional.jacobian(
            lambda p: outputs(one, p, lambda z: group_sort(z, size)), p
        ).abs().sum()
        for p in x
    ]  # fmt: skip
    found = jacobian_norms(one, x, size, float("inf"))
    torch.testing.assert_close(found, torch.stack(gradients))


def test_formal_constant_by_hand():
    layers = [(torch.eye(2), torch.zeros(2)), (torch.tensor([[3.0, 0]]), torch.zeros(1))]
    maps = [group_sort_maps(1)]
    assert formal_constant(layers, maps) == pytest.approx(3)
    skewed = [(torch.diag(torch.tensor([1.0, 2])), torch.zeros(2)), layers[1]]
    assert formal_constant(skewed, maps) == pytest.approx(6)  # the maximum is the second input
    assert formal_constant(skewed, maps, float("inf")) == pytest.approx(6)


@pytest.mark.parametrize("sizes", [(9, 4, 3), (3, 4, 4, 2)])
def test_formal_constant_is_the_largest_of_all_patterns(sizes):
    layers = network(*sizes)
    swap = torch.tensor([[0.0, 1], [1, 0]], dtype=DOUBLE)
    choices = [torch.block_diag(a, b) for a in (torch.eye(2, dtype=DOUBLE), swap)
               for b in (torch.eye(2, dtype=DOUBLE), swap)]  # fmt: skip
    products = [layers[0][0]]
    for weight, _ in layers[1:]:
        products = [weight @ c @ p for p in products for c in choices]
    expected = max(torch.linalg.matrix_norm(p, 2).item() for p in products)
    maps = [group_sort_maps(2)] * (len(layers) - 1)
    assert formal_constant(layers, maps) == pytest.approx(expected)
    assert expected < norm_product(layers)


def test_samples_reach_the_formal_constant_with_one_hidden_layer():
    layers = network(6, 4, 3)
    sampled = jacobian_norms(layers, 5 * torch.randn(500, 6, dtype=DOUBLE)).max().item()
    assert sampled == pytest.approx(formal_constant(layers, [group_sort_maps(2)]))
