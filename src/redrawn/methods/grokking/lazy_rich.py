"""Polynomial regression that is lazy or rich, reduced exactly to two moments (Kumar et al., ICLR 2024).

    f(x) = (α/N) Σ_i φ(w_i·x),  φ(h) = h + ε h²/2                                     (Eq. 3)
         = α w̄·x + (αε/2) xᵀ M x,  w̄ = mean w_i,  M = mean w_i w_iᵀ

Gradient descent on the mean squared error sends every w_i to A w_i + v, with residuals r,
A = I - cε Σ_μ r_μ x_μ x_μᵀ, v = -c Σ_μ r_μ x_μ and c = 2 lr α / (N P); so w̄ and M follow without the w_i. All tensors
are those of `s` problems side by side, each with `k` runs on the same samples; α and ε have shape (k,). The learning
rate is N/α², so that c = 2/(α P).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class State(NamedTuple):
    """First and second moments of a layer's weights; with k = 1 they are those of all runs on a problem."""

    mean: Float[Tensor, "s k d"]
    second: Float[Tensor, "s k d d"]


class Samples(NamedTuple):
    """Samples and the products of their coordinates, which make xᵀ M x and Σ r x xᵀ linear maps that runs share."""

    x: Float[Tensor, "s p d"]
    products: Float[Tensor, "s p q"]
    """x_i x_j for i ≤ j, in the order of `torch.triu_indices`."""


def with_products(x: Float[Tensor, "s p d"]) -> Samples:
    """Return the samples with their products."""
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1])
    return Samples(x, x[..., i] * x[..., j])


def initial_state(weights: Float[Tensor, "s k n d"]) -> State:
    """Return the moments of given weights.

    Raises:
        ValueError: not four dimensions.
    """
    if weights.ndim != 4:
        raise ValueError(f"weights have shape (s, k, n, d), got {tuple(weights.shape)}")
    return State(weights.mean(2), weights.mT @ weights / weights.shape[2])


def output(
    state: State, samples: Samples, alpha: Float[Tensor, " k"], epsilon: Float[Tensor, " k"]
) -> Float[Tensor, "s k p"]:
    """Return f at the samples (Eq. 3)."""
    d = state.mean.shape[-1]
    i, j = torch.triu_indices(d, d, device=state.mean.device)
    upper = state.second.flatten(2).index_select(-1, i * d + j)
    half = upper * torch.where(i == j, 0.5, 1.0).to(state.second)
    square = half @ samples.products.mT  # xᵀ M x / 2
    return alpha[:, None] * (state.mean @ samples.x.mT + epsilon[:, None] * square)


def step(
    state: State,
    samples: Samples,
    residual: Float[Tensor, "s k p"],
    alpha: Float[Tensor, " k"],
    epsilon: Float[Tensor, " k"],
) -> State:
    """Take one step of full-batch gradient descent with learning rate N/α²."""
    c = 2 / (alpha * residual.shape[-1])
    d = state.mean.shape[-1]
    i, j = torch.triu_indices(d, d, device=state.mean.device)
    place = torch.empty((d, d), dtype=torch.long, device=i.device)
    place[i, j] = place[j, i] = torch.arange(len(i), device=i.device)
    whole = (residual @ samples.products).index_select(-1, place.flatten()).unflatten(-1, (d, d))
    turn = -(c * epsilon)[:, None, None] * whole
    turn.diagonal(dim1=-2, dim2=-1).add_(1)  # A
    shift = -c[:, None] * (residual @ samples.x)  # v
    mean = (turn @ state.mean[..., None])[..., 0]
    # half of what the shift adds, its transpose being the other
    added = (mean + shift / 2)[..., None] * shift[..., None, :]
    return State(mean + shift, turn @ state.second @ turn + added + added.mT)


def loss_terms(
    state: State,
    start: State | None,
    beta: Float[Tensor, "s d"],
    alpha: Float[Tensor, " k"],
    epsilon: Float[Tensor, " k"],
) -> Float[Tensor, "s k 3"]:
    """Return the three terms of the test loss for y = (β·x)²/2 and x ~ N(0, I/d) (Eq. 6).

    In order: variance of the sizes, misalignment of M and ββᵀ, power of the linear part. If `start` is given, f is
    centred: the output at the start is taken off.
    """
    d = beta.shape[-1]
    mean, second = state
    if start is not None:
        mean, second = mean - start.mean, second - start.second
    off = (alpha * epsilon)[:, None, None] * second - (beta[:, :, None] * beta[:, None])[:, None]
    trace = off.diagonal(dim1=-2, dim2=-1).sum(-1)
    size = 0.25 * (trace / d).square()
    misaligned = off.square().sum((-2, -1)) / (2 * d**2)
    return torch.stack([size, misaligned, alpha.square() * mean.square().sum(-1) / d], dim=-1)


def gram(
    state: State, a: Float[Tensor, "s p d"], b: Float[Tensor, "s q d"], epsilon: Float[Tensor, " k"]
) -> Float[Tensor, "s k p q"]:
    """Return the neural tangent kernel, x·x' [1 + ε w̄·(x + x') + ε² xᵀ M x'] (Eq. 5)."""
    e = epsilon[:, None, None]
    left, right = (1 + e * (state.mean @ points.mT)[..., None] for points in (a, b))
    # 1 + ε (…) is a product too, of d + 2 columns: sums over p q entries would take longer
    bracket = torch.cat([e**2 * (a[:, None] @ state.second), left, torch.ones_like(left)], -1)
    bracket = (
        bracket
        @ torch.cat(
            [b[:, None].expand(*right.shape[:-1], -1), torch.ones_like(right), right - 1], -1
        ).mT
    )
    return bracket.mul_((a @ b.mT)[:, None])


def alignment(kernel: Float[Tensor, "s k p p"], y: Float[Tensor, "s p"]) -> Float[Tensor, "s k"]:
    """Return yᵀ K y / (‖K‖ ‖y‖²): one if the kernel is the target's outer product."""
    power = (kernel @ y[:, None, :, None])[..., 0] @ y[..., None]
    return power[..., 0] / (kernel.flatten(2).norm(dim=2) * y.square().sum(1, keepdim=True))


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
