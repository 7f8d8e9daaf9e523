"""The reduction to two moments, against descent on all the weights by autograd."""

import itertools

import numpy as np
import pytest
import torch

from redrawn.methods import grokking


@pytest.fixture
def problem():
    source = torch.Generator().manual_seed(3)
    s, k, n, d, p = 3, 2, 7, 4, 9

    def normal(*shape):
        return torch.randn(shape, generator=source, dtype=torch.float64)

    alpha, epsilon = torch.tensor([0.7, 3.0]).double(), torch.tensor([0.25, 1.0]).double()
    return normal(s, k, n, d), normal(s, p, d) / 3, normal(s, d), alpha, epsilon


def network(w, x, alpha, epsilon):
    h = torch.einsum("sknd,spd->skpn", w, x)
    return alpha[:, None] * (h + epsilon[:, None, None] * h**2 / 2).mean(-1)


def target(x, beta):
    return torch.einsum("spd,sd->sp", x, beta) ** 2 / 2


def test_moments_follow_descent_on_the_weights_exactly(problem):
    w, x, beta, alpha, epsilon = problem
    n, y, samples = w.shape[2], target(x, beta)[:, None], grokking.with_products(x)
    state = grokking.initial_state(w)
    for _ in range(40):
        residual = grokking.output(state, samples, alpha, epsilon) - y
        state = grokking.step(state, samples, residual, alpha, epsilon)
        w = w.detach().requires_grad_()
        loss = (network(w, x, alpha, epsilon) - y).square().mean(-1).sum()
        (slope,) = torch.autograd.grad(loss, w)
        w = w - (0 + n / alpha**2)[:, None, None] * slope
    expected = grokking.initial_state(w.detach())
    torch.testing.assert_close(state.mean, expected.mean, atol=1e-10, rtol=1e-10)
    torch.testing.assert_close(state.second, expected.second, atol=1e-10, rtol=1e-10)


def test_gram_is_the_product_of_parameter_gradients(problem):
    w, x, _, alpha, epsilon = problem
    jacobian = torch.autograd.functional.jacobian(lambda v: network(v, x, alpha, epsilon), w)
    kernel = grokking.gram(grokking.initial_state(w), x, x, epsilon)
    for i, k in itertools.product(range(3), range(2)):
        j = jacobian[i, k, :, i, k].flatten(1)
        torch.testing.assert_close(w.shape[2] / alpha[k] ** 2 * j @ j.T, kernel[i, k])


@pytest.mark.parametrize("centred", [False, True])
def test_terms_add_up_to_the_error_on_fresh_samples(problem, centred):
    w, _, beta, alpha, epsilon = problem
    state = grokking.initial_state(w)
    start = grokking.initial_state(0.5 * w + 0.1) if centred else None
    terms = grokking.loss_terms(state, start, beta, alpha, epsilon)
    source = torch.Generator().manual_seed(0)
    x = torch.randn((1, 400_000, 4), generator=source, dtype=torch.float64) / 2
    samples = grokking.with_products(x)
    f = grokking.output(state, samples, alpha, epsilon)
    if centred:
        f = f - grokking.output(start, samples, alpha, epsilon)
    y = target(x.expand(3, -1, -1), beta)[:, None]
    torch.testing.assert_close(terms.sum(-1), (f - y).square().mean(-1), rtol=0.03, atol=0)
    assert (terms >= 0).all()


def test_a_perfect_student_has_no_loss(problem):
    _, _, beta, alpha, epsilon = problem
    second = (beta[:, :, None] * beta[:, None])[:, None] / (alpha * epsilon)[:, None, None]
    state = grokking.State(torch.zeros_like(second[..., 0]), second)
    terms = grokking.loss_terms(state, None, beta, alpha, epsilon)
    assert terms.abs().max() < 1e-20


def test_alignment_of_known_kernels():
    y = torch.tensor([[1.0, 2.0, -1.0]]).double()
    torch.testing.assert_close(
        grokking.alignment((y[:, :, None] * y[:, None])[:, None], y), torch.ones(1, 1).double()
    )
    identity = grokking.alignment(torch.eye(3)[None, None].double(), y)
    np.testing.assert_allclose(identity, 3**-0.5)


def test_frozen_descent_is_the_loop_and_ends_at_kernel_regression(problem):
    w, x, beta, _, epsilon = problem
    state = grokking.initial_state(w)
    x = x[:, :5]
    y = target(x, beta)
    kernel = grokking.gram(state, x, x, epsilon)[:, 0]
    kernel = 0.5 * kernel / torch.linalg.matrix_norm(kernel, 2)[:, None, None]
    residual, weights = y, torch.zeros_like(y)
    for _ in range(30):
        weights = weights + 2 / 5 * residual
        residual = y - (kernel @ weights[..., None])[..., 0]
    found = grokking.frozen_kernel_descent(kernel, kernel, y, 30)
    torch.testing.assert_close(found, (kernel @ weights[..., None])[..., 0])
    singular = torch.diag_embed(torch.tensor([[1.0, 0.0]]).expand(len(y), 2)).to(y)
    torch.testing.assert_close(  # a direction that the kernel does not see stays at zero
        grokking.frozen_kernel_descent(singular, singular, y[:, :2], 200),
        y[:, :2] * torch.tensor([1.0, 0.0]).to(y),
    )
    torch.testing.assert_close(
        grokking.frozen_kernel_descent(kernel, kernel, y, 10**9), y, atol=1e-6, rtol=1e-6
    )
