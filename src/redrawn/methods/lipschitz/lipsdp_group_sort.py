"""LipSDP for GroupSort, MaxMin and Householder activations (Pauli et al., ICLR 2024, Lemmas 1 and 2, Thms. 1 to 3).

An activation φ of a group keeps some directions K of its input (GroupSort the sum, Householder what is orthogonal to v) and does not
stretch the rest D. With multipliers λ >= 0, γ, ν and τ, and a = K Δx, b = K Δφ, c = D Δx, d = D Δφ,

    λ (|c|² - |d|²) + γ (|a|² - |b|²) - 2 (a - b)·(ν a - τ b) >= 0,

the paper's constraint with T = λ I + γ KᵀK, S = ν KᵀK, P = τ KᵀK. The authors set S = P = 0: then T is a layer's storage, and the
bound is the product of norms in the best metrics T. With S and P free the bound is the limit ν = τ → ∞ (Finsler's lemma), where
a = b holds exactly, and γ, ν and τ have no part.
"""

import cvxpy as cp
import numpy as np
from jaxtyping import Float

from redrawn.methods.lipschitz.preactivation_bounds import Layers
from redrawn.methods.lipschitz.s_procedure import Norm, storage_bound, weighted


def lipsdp_group_sort(
    layers: Layers,
    kept: list[Float[np.ndarray, "g k s"]],
    *,
    free: bool = False,
    norm: Norm = "l2",
) -> float:
    """Return an upper bound of a perceptron's Lipschitz constant.

    Args:
        layers: the network.
        kept: K of each hidden layer's groups, with orthonormal rows.
        free: with S and P free, instead of zero.
        norm: of inputs.

    Raises:
        ValueError: groups do not fit a layer.
    """

    def zero(i, weight, below):
        keep, rest = _split(kept[i], len(weight))
        grams = [part.swapaxes(1, 2) @ part for part in (rest, keep)]
        multipliers = [cp.Variable(len(keep), nonneg=True) for _ in grams]
        storage = sum(weighted(m, gram) for m, gram in zip(multipliers, grams, strict=True))
        images = [weight.T @ gram @ weight for gram in grams]
        image = sum(weighted(m, each) for m, each in zip(multipliers, images, strict=True))
        return storage, below - image

    def limit(i, weight, below):
        keep, rest = _split(kept[i], len(weight))
        inputs, new = weight.shape[1], rest.shape[0] * rest.shape[1]
        # everything is linear in (Δy of the layer below, d)
        change, d = np.eye(inputs, inputs + new), np.eye(new, inputs + new, inputs)
        d = d.reshape(*rest.shape[:2], -1)
        c = rest @ weight @ change
        gains = c.swapaxes(1, 2) @ c - d.swapaxes(1, 2) @ d
        multipliers = cp.Variable(len(keep), nonneg=True)
        storage = cp.Variable((len(weight), len(weight)), symmetric=True)
        after = (keep.swapaxes(1, 2) @ keep @ weight @ change + rest.swapaxes(1, 2) @ d).sum(0)
        slack = change.T @ below @ change - after.T @ storage @ after
        return storage, slack - weighted(multipliers, gains)

    return storage_bound(layers, limit if free else zero, norm)


def _split(kept, width):
    """Return what each group keeps and what not, (g, k, h) and (g, s - k, h), among all units of the layer."""
    groups, keep, size = kept.shape
    if groups * size != width:
        raise ValueError(f"{groups} groups of {size} do not make a layer of {width}")
    placed = np.eye(width).reshape(groups, size, width)
    basis = np.linalg.svd(kept)[2]
    return kept @ placed, basis[:, keep:] @ placed
