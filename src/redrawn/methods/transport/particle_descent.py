"""Particle gradient descent on functionals of measures.

Daneshmand, Lee, Jin, ICML 2023, arXiv 2302.04753. A measure μ = (1/n) Σ δ(w_i) moves by

    w_i ← w_i - γ n ∂F/∂w_i.

The energy distance 2E|X-Y| - E|X-X'| - E|Y-Y'| = 2∫(F_μ - F_ν)² is displacement convex on the line and Lipschitz.
All functions take particles (..., n), many runs at once.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Particles = Float[np.ndarray, "*runs n"]


def repulsion(w: Particles) -> Particles:
    """Return n ∂/∂w_i of (1/n²) Σ_jk |w_j - w_k|: 2/n times (particles below less particles above)."""
    n = w.shape[-1]
    ranks = np.argsort(np.argsort(w, axis=-1, kind="stable"), axis=-1, kind="stable")
    return 2 * (2 * ranks - (n - 1)) / n


def mean_distance(w: Particles) -> Float[np.ndarray, "*runs"]:
    """Return (1/n²) Σ_jk |w_j - w_k|."""
    n = w.shape[-1]
    weights = 2 * (2 * np.arange(n) - (n - 1)) / n**2
    return (np.sort(w, axis=-1) * weights).sum(-1)


def energy_to_uniform(w: Particles) -> tuple[Float[np.ndarray, "*runs"], Particles]:
    """Return the energy distance to U[0, 1] and the scaled gradient n ∂F/∂w."""
    inside = np.clip(w, 0, 1)
    attraction = (inside**2 + (1 - inside) ** 2) / 2 + np.abs(w - inside)
    slope = 2 * inside - 1
    value = 2 * attraction.mean(-1) - mean_distance(w) - 1 / 3
    return value, 2 * slope - repulsion(w)


def energy_to_sample(
    w: Particles, target: Float[np.ndarray, "*runs m"]
) -> tuple[Float[np.ndarray, "*runs"], Particles]:
    """Return the energy distance to the empirical measure of `target`, and the scaled gradient."""
    difference = w[..., :, None] - target[..., None, :]
    value = 2 * np.abs(difference).mean((-2, -1)) - mean_distance(w) - mean_distance(target)
    return value, 2 * np.sign(difference).mean(-1) - repulsion(w)


def kernel_discrepancy(
    w: Particles, target: Float[np.ndarray, "*runs m"], width: float
) -> tuple[Float[np.ndarray, "*runs"], Particles]:
    """Return the squared MMD under exp(-(x-y)²/(2 width²)), which is not displacement convex, and its scaled gradient."""

    def gram(a, b):
        difference = a[..., :, None] - b[..., None, :]
        exponent = np.square(difference)
        exponent *= -1 / (2 * width**2)
        return np.exp(exponent, out=exponent), difference

    own, between = gram(w, w)
    cross, towards = gram(w, target)
    value = own.mean((-2, -1)) - 2 * cross.mean((-2, -1)) + gram(target, target)[0].mean((-2, -1))
    toward, apart = (
        np.einsum("...ij,...ij->...i", *pair) / pair[0].shape[-1]
        for pair in ((cross, towards), (own, between))
    )
    return value, 2 * (toward - apart) / width**2


def quadratic_with_attraction(w: Particles, centre: float):
    """Return E(X - m)²/2 + E(X - X')²/4, strongly displacement convex, and its scaled gradient.

    A step takes the mean's distance to m times 1 - γ, and deviations from the mean times 1 - 2γ.
    """
    mean = w.mean(-1, keepdims=True)
    value = ((w - centre) ** 2).mean(-1) / 2 + ((w - mean) ** 2).mean(-1) / 2
    return value, (w - centre) + (w - mean)


def particle_descent(
    functional: Callable[[Particles], tuple[np.ndarray, Particles]],
    start: Particles,
    steps: int,
    rate: Callable[[int], float],
) -> tuple[Float[np.ndarray, " steps *runs"], Particles]:
    """Descend with step size rate(k), k from 1; return the values before each step, and the last particles.

    Raises:
        ValueError: no steps.
    """
    if steps < 1:
        raise ValueError("particle descent needs at least one step")
    w, values = start.copy(), []
    for k in range(1, steps + 1):
        value, gradient = functional(w)
        values.append(value)
        w = w - rate(k) * gradient
    return np.stack(values), w
