"""Minimise a loss of torch parameters by SciPy's L-BFGS-B, whose own vectors are in double precision.

Constants are those of Raissi et al.'s code: 50 corrections, 50 line-search steps, stop at the rounding of the loss.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor


def lbfgs(
    parameters: list[Tensor], loss: Callable[[], Iterable[Tensor]], iterations: int
) -> np.ndarray:
    """Minimise in place and return the loss after each iteration, (iterations made,).

    Args:
        parameters: leaves that require gradients; in float32 a step costs less than half, and the loss stops falling
            where its rounding begins.
        loss: yields parts of the loss, one after another; each is differentiated before the next one is asked for, so
            that the activations of a part can stay in the processor's cache.
        iterations: at most so many.
    """
    sizes = [p.numel() for p in parameters]

    def put(flat: np.ndarray) -> None:
        with torch.no_grad():
            for p, part in zip(parameters, torch.from_numpy(flat).split(sizes), strict=True):
                p.copy_(part.view_as(p))

    def value_and_gradient(flat: np.ndarray):
        put(flat)
        for p in parameters:
            p.grad = None
        total = 0.0
        for part in loss():
            part.backward()
            total += part.item()
        return total, flat_of([p.grad for p in parameters])

    history = []
    found = minimize(
        value_and_gradient, flat_of(parameters), jac=True, method="L-BFGS-B",
        callback=lambda intermediate_result: history.append(intermediate_result.fun),
        options={"maxiter": iterations, "maxfun": 2 * iterations, "maxcor": 50, "maxls": 50,
                 "ftol": np.finfo(float).eps, "gtol": 0.0},
    )  # fmt: skip
    put(found.x)
    return np.array(history)


def flat_of(tensors: list[Tensor]) -> np.ndarray:
    """Return all entries in one vector in double precision."""
    return torch.cat([t.detach().flatten() for t in tensors]).double().cpu().numpy()
