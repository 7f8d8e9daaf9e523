"""Semidefinite bounds: exact cases, order among bounds, and the theorems as they are printed."""

from itertools import pairwise

import cvxpy as cp
import numpy as np
import pytest
import torch

from redrawn.methods.lipschitz.activation_patterns import formal_constant
from redrawn.methods.lipschitz.group_sort import group_sort_kept, group_sort_maps
from redrawn.methods.lipschitz.householder import householder_kept, householder_maps
from redrawn.methods.lipschitz.lipsdp import ONE_RELU, RELU, TWO_RELU, lipsdp
from redrawn.methods.lipschitz.lipsdp_group_sort import lipsdp_group_sort
from redrawn.methods.lipschitz.norm_product import norm_product


def network(*sizes, seed=0):
    source = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(b, a, generator=source, dtype=torch.float64) / a**0.5, torch.zeros(b))
        for a, b in pairwise(sizes)
    ]


def kept(layers, size=2):
    return [group_sort_kept(len(w) // size, size).numpy() for w, _ in layers[:-1]]


def maps(layers, size=2):
    return [group_sort_maps(len(w) // size, size) for w, _ in layers[:-1]]


IDENTITIES = [(torch.eye(2), torch.zeros(2))] * 2


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (lambda: lipsdp(IDENTITIES, TWO_RELU), 2**0.5),
        (lambda: lipsdp(IDENTITIES, ONE_RELU), 1),
        (lambda: lipsdp(IDENTITIES, RELU), 1),
        (lambda: lipsdp_group_sort(IDENTITIES, kept(IDENTITIES)), 1),
        (lambda: lipsdp_group_sort(IDENTITIES, kept(IDENTITIES), free=True), 1),
    ],
)
def test_one_unit(bound, expected):
    assert bound() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("unit", [ONE_RELU, TWO_RELU])
def test_units_are_maxmin(unit):
    x = np.random.default_rng(0).normal(size=(2, 50))
    y = unit.skip @ x + unit.outer @ (unit.inner @ x).clip(0)
    np.testing.assert_allclose(y, [x.max(0), x.min(0)])


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.parametrize("sizes", [(9, 4, 1), (5, 4, 4, 1)])
def test_order_of_bounds(sizes, norm):
    layers = network(*sizes)
    least = formal_constant(layers, maps(layers), 2 if norm == "l2" else float("inf"))
    free = lipsdp_group_sort(layers, kept(layers), free=True, norm=norm)
    zero = lipsdp_group_sort(layers, kept(layers), norm=norm)
    two = lipsdp(layers, TWO_RELU, norm)
    assert least <= free * (1 + 1e-5) <= zero * (1 + 2e-5)
    assert free == pytest.approx(lipsdp(layers, ONE_RELU, norm), rel=1e-4)
    assert free < two
    if norm == "l2":
        assert zero <= norm_product(layers)


def test_a_wide_input_is_reduced_without_loss():
    layers = network(3, 4, 4, 2)
    wide = [(torch.cat([layers[0][0], torch.zeros(4, 5)], 1) @ _rotation(8), layers[0][1])]
    found = [lipsdp_group_sort(n, kept(layers)) for n in (layers, wide + layers[1:])]
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def _rotation(n):
    source = torch.Generator().manual_seed(1)
    return torch.linalg.qr(torch.randn(n, n, generator=source, dtype=torch.float64)).Q


def test_relu_bound_is_exact_for_one_unit_and_scales():
    row = [(torch.tensor([[3.0, 4]]), torch.zeros(1)), (torch.tensor([[2.0]]), torch.zeros(1))]
    assert lipsdp(row) == pytest.approx(10, rel=1e-5)
    one_output = [row[0], (torch.tensor([[-2.0]]), torch.zeros(1))]
    assert lipsdp(one_output, norm="linf") == pytest.approx(14, rel=1e-5)


@pytest.mark.parametrize("kind", ["sort", "householder"])
def test_groups_of_four(kind):
    layers = network(6, 8, 3)
    v = torch.nn.functional.normalize(network(4, 2, 1)[0][0], dim=1)
    keeps = kept(layers, 4) if kind == "sort" else [householder_kept(v).numpy()]
    choices = maps(layers, 4) if kind == "sort" else [householder_maps(v)]
    least = formal_constant(layers, choices)
    free, zero = (lipsdp_group_sort(layers, keeps, free=f) for f in (True, False))
    assert least <= free * (1 + 1e-5) <= zero * (1 + 2e-5) <= norm_product(layers) * (1 + 3e-5)


@pytest.mark.parametrize("free", [True, False])
def test_theorem_one_as_printed(free):
    """Theorem 1 with the matrices of Lemma 1, all multipliers as variables."""
    layers = network(8, 8, 4)
    first, last = (w.numpy() for w, _ in layers)
    blocks = [np.kron(np.diag(row), np.ones((2, 2))) for row in np.eye(4)]
    ones = [np.kron(np.diag(row), np.eye(2)) for row in np.eye(4)]
    rho, lam = cp.Variable(), cp.Variable(4, nonneg=True)
    gamma, nu, tau = cp.Variable((3, 4))
    t = sum(lam[i] * ones[i] + gamma[i] * blocks[i] for i in range(4))
    s, p = (sum(m[i] * blocks[i] for i in range(4)) for m in (nu, tau))
    lmi = cp.bmat([[first.T @ (t - 2 * s) @ first - rho * np.eye(8), first.T @ (p + s)],
                   [(p + s) @ first, last.T @ last - t - 2 * p]])  # fmt: skip
    limits = [cp.abs(m) <= (1e3 if free else 0) for m in (nu, tau)]
    problem = cp.Problem(cp.Minimize(rho), [(lmi + lmi.T) / 2 << 0, *limits])
    problem.solve(solver=cp.CLARABEL)
    found = lipsdp_group_sort(layers, kept(layers), free=free)
    # free: finite multipliers come close to the limit from above
    assert rho.value**0.5 == pytest.approx(found, rel=1e-3 if free else 1e-5)
    other = lipsdp_group_sort(layers, kept(layers), free=not free)
    assert abs(other / found - 1) > 5e-3


def test_errors():
    layers = network(4, 6, 2)
    with pytest.raises(ValueError, match="do not make a layer"):
        lipsdp_group_sort(layers, [group_sort_kept(2).numpy()])
    with pytest.raises(ValueError, match="one output"):
        lipsdp_group_sort(layers, kept(layers), norm="linf")
