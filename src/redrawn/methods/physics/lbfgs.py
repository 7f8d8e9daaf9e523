"""Minimise a loss of torch parameters by SciPy's L-BFGS-B, in double precision.

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
        parameters: leaves in float64 that require gradients.
        loss: yields parts of the loss, one after another; each is differentiated before the next one is asked for, so
            that the activations of a part can stay in the processor's cache.
        iterations: at most so many.

    Raises:
        ValueError: a parameter is not in double precision.
    """
    if any(p.dtype != torch.float64 for p in parameters):
        raise ValueError("L-BFGS needs parameters in float64")
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
        return total, torch.cat([p.grad.flatten() for p in parameters]).cpu().numpy()

    history = []
    start = torch.cat([p.detach().flatten() for p in parameters]).cpu().numpy()
    found = minimize(
        value_and_gradient, start, jac=True, method="L-BFGS-B",
        callback=lambda intermediate_result: history.append(intermediate_result.fun),
        options={"maxiter": iterations, "maxfun": 2 * iterations, "maxcor": 50, "maxls": 50,
                 "ftol": np.finfo(float).eps, "gtol": 0.0},
    )  # fmt: skip
    put(found.x)
    return np.array(history)
