"""Bounds on local Lipschitz constants, from the loosest to the exact one."""

import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from redrawn.methods.lipschitz.exact_jacobian import exact_constant
from redrawn.methods.lipschitz.infinity_product import infinity_product
from redrawn.methods.lipschitz.jacobian_branch import bound_branches, branch_and_bound
from redrawn.methods.lipschitz.jacobian_interval import (
    interval_constant,
    interval_jacobian,
    jacobian,
)
from redrawn.methods.lipschitz.jacobian_linear import (
    clarke_slopes,
    linear_constant,
    row_bounds,
    tight_lines,
)
from redrawn.methods.lipschitz.preactivation_bounds import interval_bounds, linear_bounds
from redrawn.methods.lipschitz.recurjac import constant_lines, recurjac_constant


def network(*sizes, seed=0):
    source = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn((b, a), generator=source, dtype=torch.float64) * (2 / a) ** 0.5,
            torch.randn(b, generator=source, dtype=torch.float64) / 3,
        )
        for a, b in itertools.pairwise(sizes)
    ]


@pytest.fixture
def layers():
    return network(5, 8, 7, 6, 3)


@pytest.fixture
def box():
    centre = torch.rand((4, 5), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    radius = torch.tensor([1e-9, 0.05, 0.2, 0.6]).double()[:, None]
    return centre - radius, centre + radius


def inside(box, count=400):
    share = torch.rand((count, *box[0].shape), generator=torch.Generator().manual_seed(2)).double()
    return box[0] + share * (box[1] - box[0])


def preactivations(layers, x):
    found = []
    for weight, bias in layers[:-1]:
        found.append(x @ weight.T + bias)
        x = found[-1].relu()
    return found


@pytest.mark.parametrize("method", [interval_bounds, linear_bounds])
def test_preactivations_lie_within_their_bounds(layers, box, method):
    for z, (low, high) in zip(preactivations(layers, inside(box)), method(layers, *box), strict=True):  # fmt: skip
        assert (z >= low - 1e-12).all() and (z <= high + 1e-12).all()
        assert (high - low)[0].max() < 1e-6  # nearly a point
    # the first layer's ends are attained: at a corner of the box
    weight, bias = layers[0]
    corner = torch.where(weight[2] > 0, box[1], box[0])
    torch.testing.assert_close(corner @ weight[2] + bias[2], method(layers, *box)[0][1][:, 2])


def test_linear_bounds_are_within_intervals_and_tighter(layers, box):
    pairs = list(zip(linear_bounds(layers, *box), interval_bounds(layers, *box), strict=True))
    for (low, high), (least, most) in pairs:
        assert (low >= least - 1e-12).all() and (high <= most + 1e-12).all()
    (low, high), (least, most) = pairs[-1]
    assert ((high - low)[1:].mean(1) < 0.9 * (most - least)[1:].mean(1)).all()


def test_linear_bounds_are_the_linear_program_between_the_lines(box):
    layers = network(5, 6, 4, 2, seed=3)
    lower, upper = (end[2:3] for end in box)
    (low, high), found = linear_bounds(layers, lower, upper)
    (weight, bias), (after, offset) = [(w.numpy(), b.numpy()) for w, b in layers[:2]]
    low, high = low[0].numpy(), high[0].numpy()
    assert ((low < 0) & (high > 0)).sum() >= 2
    chord = np.where(low >= 0, 1, np.where(high <= 0, 0, high / (high - low)))
    raised = np.where((low < 0) & (high > 0), -low * chord, 0)
    floor = np.where(low >= 0, 1, np.where(high > -low, np.where(high > 0, 1, 0), 0))
    # unknown x and a: floor z <= a <= chord z + raised
    below = np.block([[-chord[:, None] * weight, np.eye(6)], [floor[:, None] * weight, -np.eye(6)]])
    limit = np.concatenate([chord * bias + raised, -floor * bias])
    ends = [*zip(lower[0].tolist(), upper[0].tolist(), strict=True)] + [(None, None)] * 6
    exact = [
        linprog(np.concatenate([np.zeros(5), -row]), below, limit, bounds=ends) for row in after
    ]
    expected = np.array([-e.fun for e in exact]) + offset
    stepped = interval_bounds(layers, lower, upper)[1][1][0].numpy()
    np.testing.assert_allclose(found[1][0], np.minimum(expected, stepped), atol=1e-8)


def test_signs_keep_a_part_of_the_box(layers, box):
    points = inside(box, 3000)
    signs = [torch.zeros((4, len(b)), dtype=torch.int8) for _, b in layers[:-1]]
    signs[0][:, 1], signs[1][:, 2] = 1, -1
    z = preactivations(layers, points)
    kept = (z[0][..., 1] >= 0) & (z[1][..., 2] <= 0)
    assert kept.any()
    for value, (low, high) in zip(z, linear_bounds(layers, *box, signs), strict=True):
        held = (value >= low - 1e-12) & (value <= high + 1e-12)
        assert held[kept].all()
    assert linear_bounds(layers, *box, signs)[0][0][:, 1].min() >= 0


def test_jacobian_is_that_of_autograd(layers):
    x = torch.rand((3, 5), generator=torch.Generator().manual_seed(4), dtype=torch.float64)

    def forward(v):
        for weight, bias in layers[:-1]:
            v = (v @ weight.T + bias).relu()
        return v @ layers[-1][0].T + layers[-1][1]

    for point in x:
        expected = torch.autograd.functional.jacobian(forward, point)
        torch.testing.assert_close(jacobian(layers, point), expected)


def test_jacobians_lie_within_intervals_and_rows_within_linear_bounds(layers, box):
    found = jacobian(layers, inside(box))
    low, high = interval_jacobian(layers, interval_bounds(layers, *box))
    assert (found >= low - 1e-12).all() and (found <= high + 1e-12).all()
    slopes = clarke_slopes(linear_bounds(layers, *box))
    for k in range(3):
        for lines in (tight_lines, constant_lines):
            least, most = row_bounds(layers, slopes, layers[-1][0][k].expand(4, -1), lines)[0]
            assert (found[..., k, :] >= least - 1e-12).all()
            assert (found[..., k, :] <= most + 1e-12).all()
            assert (least >= low[:, k] - 1e-12).all() and (most <= high[:, k] + 1e-12).all()


@pytest.mark.parametrize("ends", [(-2.0, 1.0), (0.5, 2.0), (-3.0, -1.0)])
def test_lines_hold_for_every_product_and_touch_it(ends):
    low, high = torch.tensor(ends, dtype=torch.float64)
    zero, one = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    j = low + (high - low) * torch.linspace(0, 1, 50, dtype=torch.float64)
    most, least = j.clamp(min=0), j.clamp(max=0)  # over s in [0, 1]
    above, raised, below, lowered = tight_lines(low, high, zero, one)
    for line, extreme in ((above * j + raised, most), (-(below * j + lowered), -least)):
        assert (line >= extreme - 1e-12).all()
        torch.testing.assert_close(line[[0, -1]], extreme[[0, -1]])
    loose = constant_lines(low, high, zero, one)
    assert (loose[0] * j + loose[1] >= above * j + raised - 1e-12).all()
    assert (loose[2] * j + loose[3] <= below * j + lowered + 1e-12).all()
    for s in (zero, one):  # a stable unit
        assert [float(v) for v in tight_lines(low, high, s, s)] == [s, 0, s, 0]


def ladder(layers, lower, upper):
    linear = linear_bounds(layers, lower, upper)
    return [
        jacobian(layers, inside((lower, upper))).abs().sum(-1).amax((0, -1)),
        torch.tensor([exact_constant(layers, *ends) for ends in zip(lower, upper, strict=True)]).double(),
        branch_and_bound(layers, lower, upper, 30, wide=2)[:, -1],
        linear_constant(layers, linear),
        recurjac_constant(layers, linear),
        interval_constant(layers, interval_bounds(layers, lower, upper)),
        torch.full((len(lower),), infinity_product(layers)).double(),
    ]  # fmt: skip


def test_every_method_is_at_most_the_next_and_none_is_idle(layers, box):
    found = ladder(layers, *(end[:3] for end in box))  # the largest box takes long
    for a, b in itertools.pairwise(found):
        assert (a <= b * (1 + 1e-6)).all()
    for a, b in itertools.pairwise(found[1:]):
        assert a[2] < 0.999 * b[2]
    for value in found[:-1]:  # nearly a point: the gradient's norm
        torch.testing.assert_close(value[0], found[0][0], rtol=1e-6, atol=0)


def test_the_exact_constant_is_the_largest_over_feasible_patterns():
    layers = network(3, 4, 4, 2, seed=5)
    weights = [(w.numpy(), b.numpy()) for w, b in layers]
    lower, upper = torch.full((3,), -0.4).double(), torch.full((3,), 0.7).double()
    best, feasible = 0.0, 0
    for signs in itertools.product((0.0, 1.0), repeat=8):
        first, second = np.array(signs[:4]), np.array(signs[4:])
        (w1, b1), (w2, b2), (w3, _) = weights
        inner = (w2 * first) @ w1, (w2 * first) @ b1 + b2
        rows, offset = np.concatenate([w1, inner[0]]), np.concatenate([b1, inner[1]])
        turn = 2 * np.array(signs) - 1
        # a point with room m > 0: turn (rows x + offset) >= m
        found = linprog([0, 0, 0, -1], np.column_stack([-turn[:, None] * rows, np.ones(8)]), turn * offset,
                        bounds=[(-0.4, 0.7)] * 3 + [(None, 1)])  # fmt: skip
        if found.status == 0 and found.x[-1] > 1e-9:
            feasible += 1
            best = max(best, np.abs((w3 * second) @ inner[0]).sum(1).max())
    assert feasible > 10
    assert exact_constant(layers, lower, upper) == pytest.approx(best, rel=1e-6)


def test_absolute_value_by_hand():
    two = torch.tensor([[1.0], [-1.0]]).double()
    layers = [(two, torch.zeros(2).double()), (torch.ones(1, 2).double(), torch.zeros(1).double())]
    for ends in ((-1.0, 1.0), (0.5, 1.0)):  # |x|, about its kink and beside it
        box = [torch.tensor([[end]]).double() for end in ends]
        assert exact_constant(layers, *(end[0] for end in box)) == pytest.approx(1)
        assert linear_constant(layers, linear_bounds(layers, *box)).item() == pytest.approx(1)
    assert infinity_product(layers) == 2


def test_branching_tightens_and_stays_above_the_exact_constant(layers, box):
    lower, upper = (end[1:3] for end in box)
    bounds = branch_and_bound(layers, lower, upper, 40, wide=3)
    torch.testing.assert_close(bounds[:, 0], linear_constant(layers, linear_bounds(layers, lower, upper)))  # fmt: skip
    assert (bounds.diff(dim=1) <= 0).all()
    exact = torch.tensor([exact_constant(layers, *ends) for ends in zip(lower, upper, strict=True)])
    gap = bounds / exact[:, None] - 1
    assert (gap > -1e-6).all() and gap[1, -1] < 0.5 * gap[1, 0]


def test_the_unit_with_the_largest_area_is_split():
    first = (torch.ones(2, 1).double(), torch.zeros(2).double())
    second = (torch.tensor([[1.0, 10.0], [1.0, 10.0]]).double(), torch.full((2,), -5.0).double())
    layers = [first, second, (torch.tensor([[1.0, -0.5]]).double(), torch.zeros(1).double())]
    box = -torch.ones(1, 1).double(), torch.ones(1, 1).double()
    signs = torch.zeros((1, 4), dtype=torch.int8)
    # the Jacobian behind the first layer is in [-0.5, 1] and [-5, 10], all units being unstable
    assert bound_branches(layers, *box, torch.zeros(1, dtype=torch.long), signs)[1].item() == 1


def test_a_point_is_no_empty_branch(layers, box):
    centre = (box[0] + box[1]) / 2
    expected = jacobian(layers, centre).abs().sum(-1).amax(-1)
    found = branch_and_bound(layers, centre, centre, 1, wide=1)
    torch.testing.assert_close(found, expected[:, None].expand(-1, 2))


def test_a_branch_without_inputs_counts_nothing(layers, box):
    signs = torch.zeros((4, 21), dtype=torch.int8)
    free = bound_branches(layers, *box, torch.zeros(4, dtype=torch.long), signs)[0]
    stable = preactivations(layers, box[0])[0][0]  # the first box is a point
    signs[0, 0] = -1 if stable[0] > 0 else 1
    found = bound_branches(layers, *box, torch.zeros(4, dtype=torch.long), signs)[0]
    assert found[0] == 0 and free[0] > 0
    with pytest.raises(ValueError, match="branches"):
        branch_and_bound(layers, *box, 1, wide=4)


def test_product_of_norms_scales_with_every_layer(layers):
    doubled = [(2 * w, b) for w, b in layers]
    assert infinity_product(doubled) == pytest.approx(16 * infinity_product(layers))
    norms = [np.linalg.norm(w, np.inf) for w, _ in layers]
    assert infinity_product(layers) == pytest.approx(np.prod(norms))


def test_a_box_is_not_turned_inside_out(layers, box):
    for method in (interval_bounds, linear_bounds):
        with pytest.raises(ValueError, match="lower end"):
            method(layers, box[1], box[0])
