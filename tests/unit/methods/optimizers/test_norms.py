"""Steepest descent: a convex solver as the oracle, Adam and Shampoo as special cases."""

import cvxpy
import numpy as np
import pytest
import torch
from scipy.linalg import fractional_matrix_power, polar

from redrawn.methods import optimizers as o
from redrawn.methods.optimizers.shampoo import inverse_fourth_root
from redrawn.methods.optimizers.steepest_descent import NORMS


def gradients(seed=0):
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(s, generator=source, dtype=torch.float64) for s in ((4, 3), (2, 4))]


def moved(make, all_gradients):
    parameters = [torch.zeros_like(g) for g in all_gradients]
    for p, g in zip(parameters, all_gradients, strict=True):
        p.grad = g
    make(parameters).step()
    return parameters


SOLVER = {
    "sum": lambda w: cvxpy.sum(cvxpy.abs(w)),
    "euclidean": lambda w: cvxpy.norm(w, "fro"),
    "max": lambda w: cvxpy.max(cvxpy.abs(w)),
    "spectral": cvxpy.sigma_max,
}


@pytest.mark.parametrize("norm", NORMS)
def test_the_step_is_the_convex_solvers(norm):
    found = moved(lambda p: o.SteepestDescent(p, 2.0, norm), gradients())
    layers = [cvxpy.Variable(tuple(g.shape)) for g in gradients()]
    linear = sum(
        cvxpy.sum(cvxpy.multiply(g.numpy(), w)) for g, w in zip(gradients(), layers, strict=True)
    )
    largest = cvxpy.maximum(*(SOLVER[norm](w) for w in layers))
    problem = cvxpy.Problem(cvxpy.Minimize(linear + cvxpy.square(largest)))  # λ/2 = 1
    problem.solve()
    value = sum(float((g * w).sum()) for g, w in zip(gradients(), found, strict=True))
    size = max(SOLVER[norm](w.numpy()).value for w in found)
    assert value + size**2 == pytest.approx(problem.value, rel=1e-4)
    for w, p in zip(layers, found, strict=True):
        np.testing.assert_allclose(w.value, p.numpy(), atol=0.02 * size)


@pytest.mark.parametrize("norm", NORMS)
def test_the_direction_attains_the_dual_norm(norm):
    (g, _) = gradients()
    direction, dual = o.steepest(g, norm)
    assert float((g * direction).sum()) == pytest.approx(float(dual))
    assert SOLVER[norm](direction.numpy()).value == pytest.approx(1)


def test_an_unknown_norm_and_a_zero_gradient():
    with pytest.raises(ValueError, match="norm must be one of"):
        o.steepest(torch.ones(2), "none")
    (step,) = moved(lambda p: o.SteepestDescent(p, 1.0, "euclidean"), [torch.zeros(3)])
    assert torch.equal(step, torch.zeros(3))


def test_adam_without_averages_is_descent_in_the_max_norm():
    ours = moved(lambda p: o.SteepestDescent(p, 1.0, "max"), gradients())
    total = sum(float(g.abs().sum()) for g in gradients())
    adam = moved(lambda p: torch.optim.Adam(p, total, (0.0, 0.0), 0.0), gradients())
    for a, b in zip(ours, adam, strict=True):
        torch.testing.assert_close(a, b)


def test_shampoo_without_sums_is_the_polar_factor_even_if_singular():
    (g, _) = gradients()
    singular = torch.outer(g[:, 0], g[0])
    for gradient in (g, singular):
        (step,) = moved(lambda p: o.Shampoo(p, 1.0, 0.0, 0.0), [gradient])
        u, s, v = np.linalg.svd(gradient.numpy(), full_matrices=False)
        rank = int((s > 1e-10).sum())
        np.testing.assert_allclose(-step.numpy(), u[:, :rank] @ v[:rank], atol=1e-6)
    np.testing.assert_allclose(-moved(lambda p: o.Shampoo(p, 1.0, 0.0, 0.0), [g])[0].numpy(), polar(g.numpy())[0], atol=1e-12)  # fmt: skip


def test_shampoo_sums_and_damps():
    g, other = gradients()[0], gradients(1)[0]
    p = torch.zeros_like(g)
    run = o.Shampoo([p], 0.5, eps=0.1)
    for each in (g, other):
        p.zero_().grad = each
        run.step()
    left = (g @ g.mT + other @ other.mT + 0.1 * torch.eye(4)).numpy()
    right = (g.mT @ g + other.mT @ other + 0.1 * torch.eye(3)).numpy()
    roots = [fractional_matrix_power(m, -0.25) for m in (left, right)]
    np.testing.assert_allclose(p.numpy(), -0.5 * roots[0] @ other.numpy() @ roots[1], atol=1e-10)


def test_shampoo_takes_vectors_and_tensors():
    vector = torch.tensor([3.0, 4.0], dtype=torch.float64)
    tensor = gradients()[0].view(4, 3, 1)
    steps = moved(lambda p: o.Shampoo(p, 1.0, 0.0, 0.0), [vector, tensor, vector[0]])
    torch.testing.assert_close(steps[0], -vector / 5)
    assert steps[1].shape == tensor.shape and steps[2].item() == pytest.approx(-1)
    assert torch.equal(inverse_fourth_root(torch.zeros(2, 2)), torch.zeros(2, 2))


def test_prodigy_grows_as_fibonacci_on_a_linear_loss():
    p = torch.zeros(3, dtype=torch.float64)
    run, sizes = o.SignProdigy([p], 1.0), []
    for _ in range(9):
        p.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
        run.step()
        sizes.append(run.param_groups[0]["lr"])
    assert sizes == pytest.approx([1, 1, 2, 3, 5, 8, 13, 21, 34])
    p.grad = -p.grad  # uphill of the start, the step stays as it is
    run.step()
    assert run.param_groups[0]["lr"] == pytest.approx(34)
    p.grad = torch.zeros_like(p)
    run.step()
    assert run.param_groups[0]["lr"] == pytest.approx(34)
