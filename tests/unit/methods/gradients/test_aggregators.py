"""Aggregators: the properties that their papers state, then torchjd (with cvxpy for its quadratic programme)."""

import cvxpy
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchjd import aggregation
from torchjd.linalg import DualConeProjector

from redrawn.methods import gradients
from redrawn.methods.gradients.upgrad import factor, projection_weights

SHAPES = [(2, 5), (3, 8), (5, 12), (6, 3), (8, 20)]


def jacobians(tasks, n, runs=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(runs, tasks, n)) * np.exp(rng.normal(size=(runs, tasks, 1)))


def gram(jacobian):
    return jacobian @ jacobian.swapaxes(1, 2)


def update(weights, jacobian):
    return np.einsum("em,emn->en", weights, jacobian)


class Programme(DualConeProjector):
    """The quadratic programme of torchjd's dual cone projection, by cvxpy."""

    def __call__(self, U, G):
        g = G.numpy() / np.trace(G.numpy())
        root = np.linalg.cholesky(g + 1e-12 * np.eye(len(g)))
        found = []
        for u in np.atleast_2d(U.numpy()):
            v = cvxpy.Variable(len(u))
            problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(root.T @ v)), [v >= u])
            problem.solve(
                solver=cvxpy.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13
            )
            found.append(v.value)
        return torch.tensor(np.array(found)).reshape(U.shape)


@pytest.mark.parametrize("tasks, n", SHAPES)
def test_upgrad_and_dualproj_conflict_with_nothing_and_agree_with_torchjd(tasks, n):
    j = jacobians(tasks, n)
    for rule, other in (
        (gradients.upgrad_weights, aggregation.UPGrad(projector=Programme())),
        (gradients.dualproj_weights, aggregation.DualProj(projector=Programme())),
    ):
        found = update(rule(gram(j)), j)
        assert (np.einsum("emn,en->em", j, found) > -1e-9).all()
        if tasks < 6:  # the programme's regularisation shows where the Gramian is near singular
            expected = np.stack([other(torch.tensor(one)).numpy() for one in j])
            np.testing.assert_allclose(found, expected, atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("tasks, n", SHAPES)
def test_projection_meets_the_optimality_conditions(tasks, n):
    # v ≥ u, G v ≥ 0 and (v - u)·G v = 0
    j = jacobians(tasks, n)
    for a, g in zip(factor(gram(j)), gram(j), strict=True):
        for u in np.eye(tasks):
            v = projection_weights(a, u)
            slope = g @ v / np.trace(g)
            assert (v >= u).all() and (slope > -1e-9).all() and abs((v - u) @ slope) < 1e-9


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(3, 6))
def test_upgrad_is_linear_under_scaling(seed, tasks):
    j = jacobians(tasks, 9, 1, seed)
    rng = np.random.default_rng(seed)
    a, b = np.exp(rng.normal(size=(2, 1, tasks, 1)))
    parts = [update(gradients.upgrad_weights(gram(c * j)), c * j) for c in (a, b, a + b)]
    np.testing.assert_allclose(parts[0] + parts[1], parts[2], atol=1e-6, rtol=1e-6)


def test_upgrad_of_gradients_without_conflict_is_the_mean():
    j = np.abs(jacobians(4, 6))
    np.testing.assert_allclose(gradients.upgrad_weights(gram(j)), 0.25)
    np.testing.assert_allclose(gradients.dualproj_weights(gram(j)), 0.25)


def test_regularisation_is_that_of_the_diagonal():
    j = jacobians(3, 5)
    g = gram(j)
    a = factor(g, 1e-2)
    size = np.trace(g, axis1=1, axis2=2)[:, None, None]
    np.testing.assert_allclose(a.swapaxes(1, 2) @ a, g / size + 1e-2 * np.eye(3), atol=1e-12)
    close = gradients.upgrad_weights(g, 1e-10)
    np.testing.assert_allclose(close, gradients.upgrad_weights(g), rtol=1e-4)
    assert np.abs(gradients.upgrad_weights(g, 1.0) - close).max() > 0.01


def test_two_tasks_make_pcgrad_twice_upgrad_and_non_conflicting():
    j = jacobians(2, 4, 50)
    w = gradients.pcgrad_weights(gram(j))
    np.testing.assert_allclose(w, 2 * gradients.upgrad_weights(gram(j)), atol=1e-9)
    assert (np.einsum("emn,en->em", j, update(w, j)) > -1e-9).all()
    apart = gram(j)[:, 0, 1] > 0
    assert apart.any() and (w[apart] == 1).all()


@pytest.mark.parametrize("tasks, n", [(2, 7), (3, 7), (6, 2)])
def test_pcgrad_is_its_own_loop_over_gradients(tasks, n):
    # six tasks in a plane: what is left of a gradient may point against the gradient itself
    j = jacobians(tasks, n, 50)
    orders = gradients.random_orders(len(j), tasks, np.random.default_rng(1))
    assert (np.sort(orders, -1) == np.arange(tasks)).all()
    expected = []
    for one, order in zip(j, orders, strict=True):
        total = 0
        for i in range(tasks):
            g = one[i].copy()
            for other in order[i]:
                if other != i and g @ one[other] < 0:
                    g = g - (g @ one[other]) / (one[other] @ one[other]) * one[other]
            total = total + g
        expected.append(total)
    np.testing.assert_allclose(update(gradients.pcgrad_weights(gram(j), orders), j), expected)
    if tasks == 2:
        other = aggregation.PCGrad()
        agreed = np.stack([other(torch.tensor(one)).numpy() for one in j])
        np.testing.assert_allclose(expected, agreed, atol=1e-9)


def test_pcgrad_bears_a_vanished_gradient():
    j = jacobians(2, 3, 1)
    j[:, 1] = 0
    assert gradients.pcgrad_weights(gram(j)).tolist() == [[1, 1]]


@pytest.mark.parametrize("tasks, n", [(2, 5), (3, 8), (5, 12)])
def test_mgda_is_the_shortest_in_the_hull(tasks, n):
    j = jacobians(tasks, n)
    w = gradients.mgda_weights(gram(j))
    assert (w >= 0).all() and np.allclose(w.sum(1), 1)
    found = update(w, j)
    inner = np.einsum("emn,en->em", j, found)
    assert (inner >= (found**2).sum(1, keepdims=True) - 1e-9).all()  # optimality on the simplex
    other = aggregation.MGDA(epsilon=1e-9, max_iters=5000)
    expected = np.stack([other(torch.tensor(one)).numpy() for one in j])
    np.testing.assert_allclose(found, expected, atol=5e-3)


@pytest.mark.parametrize("tasks, n", SHAPES)
def test_alignment_makes_rows_orthogonal_and_equally_long(tasks, n):
    j = jacobians(tasks, n)
    b = gradients.alignment(gram(j))
    made = gram(b @ j)
    smallest = np.linalg.svd(j)[1].min(1)
    if tasks <= n:
        expected = smallest[:, None, None] ** 2 * np.eye(tasks)
        np.testing.assert_allclose(made, expected, atol=1e-9)
        np.testing.assert_allclose(gradients.condition_number(made), 1, atol=1e-9)
    else:  # dependent rows: a multiple of a projection, of rank n
        value = np.linalg.eigvalsh(made)
        np.testing.assert_allclose(value[:, -n:], value[:, -1:].repeat(n, 1))
        np.testing.assert_allclose(value[:, :-n], 0, atol=1e-9)


def test_aligned_weights_agree_with_torchjd_and_follow_the_preset():
    j = jacobians(4, 9)
    preset = np.array([0.1, 0.2, 0.3, 0.4])
    found = update(gradients.aligned_weights(gram(j), np.tile(preset, (len(j), 1))), j)
    other = aggregation.AlignedMTL(pref_vector=torch.tensor(preset))
    expected = np.stack([other(torch.tensor(one)).numpy() for one in j])
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_condition_number_is_that_of_the_jacobian():
    j = jacobians(3, 5)
    np.testing.assert_allclose(
        gradients.condition_number(gram(j)), [np.linalg.cond(one) for one in j]
    )


def test_graddrop_keeps_one_sign_and_has_the_sum_for_a_mean_of_its_magnitude():
    j = jacobians(3, 4, 1)
    up = gradients.graddrop(j, np.zeros((1, 4)))
    np.testing.assert_allclose(up[0], np.where((j[0] > 0).any(0), j[0].clip(0).sum(0), j[0].sum(0)))
    draws = np.random.default_rng(0).random((20_000, 4))
    mean = gradients.graddrop(np.repeat(j, len(draws), 0), draws).mean(0)
    high, low = j[0].clip(0).sum(0), j[0].clip(max=0).sum(0)
    share = high / (high - low)
    np.testing.assert_allclose(mean, share * high + (1 - share) * low, atol=0.05)


def test_graddrop_leaves_what_no_task_moves():
    j = jacobians(3, 4, 1)
    j[:, :, 2] = 0
    assert gradients.graddrop(j, np.full((1, 4), 0.3))[0, 2] == 0


def test_measures_of_conflict():
    j = np.array([[[3.0, 0.0], [-4.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]])
    np.testing.assert_allclose(gradients.cosine(gram(j)), [-0.8, 0, 0])
    np.testing.assert_allclose(gradients.magnitude_similarity(gram(j)), [30 / 34, 1, 0])
    a, b = j[0]
    expected = (1 - 0.64) * ((a - b) @ (a - b)) / ((a + b) @ (a + b))
    np.testing.assert_allclose(gradients.bounding_measure(gram(j[:1])), expected)


def test_curvature_of_a_quadratic_is_that_of_its_hessian():
    rng = np.random.default_rng(0)
    root, step = rng.normal(size=(3, 3)), rng.normal(size=(5, 3))
    h = root @ root.T
    found = gradients.curvature_along(np.zeros((5, 3)), step @ h, step)
    np.testing.assert_allclose(found, np.einsum("ei,ij,ej->e", step, h, step) / (step**2).sum(1))


def test_errors():
    with pytest.raises(ValueError, match="order"):
        gradients.pcgrad_weights(np.eye(3)[None])
    with pytest.raises(ValueError, match="shape"):
        gradients.upgrad_weights(np.ones((1, 2, 3)))
    with pytest.raises(ValueError, match="draws"):
        gradients.graddrop(np.ones((1, 2, 3)), np.full((1, 3), 2.0))
