"""Second moments of SGD: against the average over examples, gradient descent's closed form, and the trace identity."""

import numpy as np
import torch

from redrawn.methods.stability import largest_stable_step, moment_radius

X = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def explicit(x: np.ndarray, step: float, batch: int) -> float:
    """Average the Kronecker square of I − η H_batch over all batches with replacement, of one or two."""
    moves = np.eye(x.shape[1]) - step * np.einsum("ni,nj->nij", x, x)
    if batch == 2:
        moves = np.array([(a + b) / 2 for a in moves for b in moves])
    return np.abs(np.linalg.eigvals(np.mean([np.kron(m, m) for m in moves], 0))).max()


def test_radius_is_that_of_the_average_over_batches():
    for batch in (1, 2):
        found = moment_radius(X, torch.full((3,), 0.3, dtype=torch.float64), batch)
        for x, radius in zip(X, found, strict=True):
            np.testing.assert_allclose(radius, explicit(x.numpy(), 0.3, batch), rtol=1e-10)


def test_gradient_descent_is_stable_up_to_two_over_the_largest_eigenvalue():
    top = torch.linalg.eigvalsh(X.mT @ X / 7)[:, -1]
    torch.testing.assert_close(largest_stable_step(X, float("inf")), 2 / top)


def test_trace_is_exact_for_gradients_of_one_length_and_a_bound_otherwise():
    x = X / X.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(
        largest_stable_step(x, 1) / 2, torch.ones(3).double(), rtol=1e-6, atol=0
    )
    assert (largest_stable_step(X, 1) * X.square().sum(-1).mean(-1) / 2 < 1).all()


def test_larger_batches_bear_larger_steps():
    steps = torch.stack([largest_stable_step(X, b) for b in (1, 2, 8, float("inf"))])
    assert (steps.diff(dim=0) > 0).all()
