"""Polynomial regression that is lazy or rich, reduced exactly to two moments (Kumar et al., ICLR 2024).

    f(x) = (α/N) Σ_i φ(w_i·x),  φ(h) = h + ε h²/2                                     (Eq. 3)
         = α w̄·x + (αε/2) xᵀ M x,  w̄ = mean w_i,  M = mean w_i w_iᵀ

Gradient descent on the mean squared error sends every w_i to A w_i + v, with residuals r,
A = I - cε Σ_μ r_μ x_μ x_μᵀ, v = -c Σ_μ r_μ x_μ and c = 2 lr α / (N P); so w̄ and M follow without the w_i. All tensors
are those of `e` runs side by side; α and ε have shape (e,). The learning rate is N/α², so that c = 2/(α P).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class State(NamedTuple):
    """First and second moments of a layer's weights."""

    mean: Float[Tensor, "e d"]
    second: Float[Tensor, "e d d"]


def initial_state(weights: Float[Tensor, "e n d"]) -> State:
    """Return the moments of given weights.

    Raises:
        ValueError: not three dimensions.
    """
    if weights.ndim != 3:
        raise ValueError(f"weights have shape (e, n, d), got {tuple(weights.shape)}")
    return State(weights.mean(1), weights.mT @ weights / weights.shape[1])


def output(
    state: State, x: Float[Tensor, "e p d"], alpha: Float[Tensor, "e"], epsilon: Float[Tensor, "e"]
) -> Float[Tensor, "e p"]:
    """Return f at the samples (Eq. 3)."""
    linear = (x @ state.mean[..., None])[..., 0]
    square = ((x @ state.second) * x).sum(-1)
    return alpha[:, None] * (linear + 0.5 * epsilon[:, None] * square)


def step(
    state: State,
    x: Float[Tensor, "e p d"],
    residual: Float[Tensor, "e p"],
    alpha: Float[Tensor, "e"],
    epsilon: Float[Tensor, "e"],
) -> State:
    """Take one step of full-batch gradient descent with learning rate N/α²."""
    c = 2 / (alpha * x.shape[1])
    weighted = residual[..., None] * x
    turn = -(c * epsilon)[:, None, None] * (weighted.mT @ x)
    turn.diagonal(dim1=-2, dim2=-1).add_(1)  # A
    shift = -c[:, None] * weighted.sum(1)  # v
    mean = (turn @ state.mean[..., None])[..., 0]
    half = mean + shift / 2  # two products then give all three terms that the shift adds
    left, right = torch.stack([half, shift], 2), torch.stack([shift, half], 1)
    return State(mean + shift, torch.baddbmm(turn @ state.second @ turn, left, right))


def loss_terms(
    state: State,
    start: State | None,
    beta: Float[Tensor, "e d"],
    alpha: Float[Tensor, "e"],
    epsilon: Float[Tensor, "e"],
) -> Float[Tensor, "e 3"]:
    """Return the three terms of the test loss for y = (β·x)²/2 and x ~ N(0, I/d) (Eq. 6).

    In order: variance of the sizes, misalignment of M and ββᵀ, power of the linear part. If `start` is given, f is
    centred: the output at the start is taken off.
    """
    d = beta.shape[-1]
    mean, second = state
    if start is not None:
        mean, second = mean - start.mean, second - start.second
    off = (alpha * epsilon)[:, None, None] * second - beta[:, :, None] * beta[:, None, :]
    trace = off.diagonal(dim1=-2, dim2=-1).sum(-1)
    size = 0.25 * (trace / d).square()
    misaligned = off.square().sum((1, 2)) / (2 * d**2)
    return torch.stack([size, misaligned, alpha.square() * mean.square().sum(1) / d], dim=1)


def gram(
    state: State, a: Float[Tensor, "e p d"], b: Float[Tensor, "e q d"], epsilon: Float[Tensor, "e"]
) -> Float[Tensor, "e p q"]:
    """Return the neural tangent kernel, x·x' [1 + ε w̄·(x + x') + ε² xᵀ M x'] (Eq. 5)."""
    e = epsilon[:, None, None]
    left, right = a @ state.mean[..., None], b @ state.mean[..., None]
    return (a @ b.mT) * (1 + e * (left + right.mT) + e**2 * (a @ state.second @ b.mT))


def alignment(kernel: Float[Tensor, "e p p"], y: Float[Tensor, "e p"]) -> Float[Tensor, "e"]:
    """Return yᵀ K y / (‖K‖ ‖y‖²): one if the kernel is the target's outer product."""
    return (y[:, None] @ kernel @ y[..., None])[:, 0, 0] / (
        kernel.flatten(1).norm(dim=1) * y.square().sum(1)
    )


def frozen_kernel_descent(
    kernel: Float[Tensor, "e p p"],
    cross: Float[Tensor, "e q p"],
    y: Float[Tensor, "e p"],
    steps: int,
) -> Float[Tensor, "e q"]:
    """Return predictions after `steps` of gradient descent from zero with a kernel that stays as it is.

    The residual obeys r ← (I - 2K/P) r at learning rate N/α²; predictions follow in closed form.
    """
    value, vector = torch.linalg.eigh(kernel)
    value = value.clamp_min(1e-12)
    learned = (1 - (1 - 2 * value / y.shape[1]) ** steps) / value
    coordinates = (vector.mT @ y[..., None])[..., 0]
    return (cross @ vector @ (learned * coordinates)[..., None])[..., 0]
