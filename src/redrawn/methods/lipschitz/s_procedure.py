"""Lipschitz bounds from quadratic constraints, layer by layer: the S-procedure as a chain of matrix inequalities.

For two inputs that differ by Δy₀, a *storage* Qᵢ of each hidden layer is a quadratic form that its output's change Δyᵢ never has
larger than the layer below, by what is known of the activation. From Q₀ = ρ I to the last layer's

    |W_L Δy_{L-1}|² <= Δy_{L-1}ᵀ Q_{L-1} Δy_{L-1} <= … <= Δy₀ᵀ Q₀ Δy₀ = ρ |Δy₀|²

this proves the bound √ρ (Fazlyab et al., NeurIPS 2019, Thm. 2, in blocks). For the largest change of one output under
|Δy₀ⱼ| <= 1 the chain begins with Q₀ = diag μ, and ends (Wang et al., 2022) with

    2 W_L Δy_{L-1} <= 2 ρ - Σⱼ μⱼ + Δy_{L-1}ᵀ Q_{L-1} Δy_{L-1},  which proves ρ, as Σⱼ μⱼ (1 - Δy₀ⱼ²) >= 0.
"""

from collections.abc import Callable
from typing import Literal

import cvxpy as cp
import numpy as np
from jaxtyping import Float

from redrawn.methods.lipschitz.preactivation_bounds import Layers

Norm = Literal["l2", "linf"]
"""Of inputs. Of outputs it is ℓ2; with `linf` there is one output."""

Step = Callable[[int, np.ndarray, cp.Expression], tuple[cp.Expression, cp.Expression]]
"""From a hidden layer's index, its weight and the storage below: its storage, and what must be positive semidefinite."""

TOLERANCES = {"tol_gap_abs": 1e-6, "tol_gap_rel": 1e-6, "tol_feas": 1e-6}


def storage_bound(layers: Layers, step: Step, norm: Norm) -> float:
    """Return the smallest bound that a chain proves, by Clarabel, to `TOLERANCES` of a network with weights of norm one.

    Raises:
        ValueError: several outputs and `linf`.
        ArithmeticError: the solver found no solution to these tolerances.
    """
    weights, factor = _scaled(layers, norm)
    inputs, last = weights[0].shape[1], weights[-1]
    rho = cp.Variable()
    if norm == "l2":
        storage = rho * np.eye(inputs)
    elif len(last) == 1:
        box = cp.Variable(inputs)
        storage = cp.diag(box)
    else:
        raise ValueError("a bound in the infinity norm is for one output")
    positive = []
    for i, weight in enumerate(weights[:-1]):
        storage, slack = step(i, weight, storage)
        positive.append(slack)
    if norm == "l2":
        positive.append(storage - last.T @ last)
    else:
        rest = cp.reshape(2 * rho - cp.sum(box), (1, 1), order="C")
        positive.append(cp.bmat([[storage, last.T], [last, rest]]))
    # cvxpy takes the symmetric part itself
    problem = cp.Problem(cp.Minimize(rho), [p >> 0 for p in positive])
    problem.solve(solver=cp.CLARABEL, max_threads=1, **TOLERANCES)
    if problem.status != cp.OPTIMAL:
        raise ArithmeticError(f"the solver ended with {problem.status}")
    return factor * float(rho.value) ** (0.5 if norm == "l2" else 1)


def weighted(multipliers: cp.Variable, matrices: Float[np.ndarray, "m n n"]) -> cp.Expression:
    """Return the sum of matrices with multipliers, as one product of a constant matrix."""
    size = matrices.shape[1]
    return cp.reshape(matrices.reshape(len(matrices), -1).T @ multipliers, (size, size), order="C")


def _scaled(layers, norm):
    """Return weights of spectral norm one, and the product of the norms.

    In ℓ2 the first weight W is replaced by U S of U S Vᵀ: inputs orthogonal to its rows change nothing.
    """
    weights = [weight.detach().cpu().double().numpy() for weight, _ in layers]
    if norm == "l2" and weights[0].shape[1] > len(weights[0]):
        u, s, _ = np.linalg.svd(weights[0], full_matrices=False)
        weights[0] = u * s
    norms = [np.linalg.norm(w, 2) for w in weights]
    return [w / n for w, n in zip(weights, norms, strict=True)], float(np.prod(norms))
