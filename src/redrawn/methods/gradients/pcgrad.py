"""PCGrad: take from each task's gradient what conflicts with another's (Yu et al., NeurIPS 2020, Alg. 1).

    for each i, for j ≠ i in random order:  if g_i^PC·g_j < 0:  g_i^PC ← g_i^PC - (g_i^PC·g_j / ‖g_j‖²) g_j
    update = Σ_i g_i^PC

Each g_i^PC stays a combination of the gradients, so that its coefficients follow from the Gramian G = J Jᵀ alone.
For two tasks they have a closed form: 1 - min(g₁·g₂, 0) / ‖g_j‖².
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def random_orders(runs: int, tasks: int, rng: np.random.Generator) -> Int[ndarray, "e m m"]:
    """Return, for each run and each task, the order in which the others are projected on."""
    return rng.permuted(np.broadcast_to(np.arange(tasks), (runs, tasks, tasks)), axis=-1)


def pcgrad_weights(
    gramian: Float[ndarray, "e m m"], orders: Int[ndarray, "e m m"] | None = None
) -> Float[ndarray, "e m"]:
    """Return w with update wᵀJ.

    Args:
        gramian: G of each run.
        orders: for each run and task the tasks to project on, in order; its own place is passed over. Not needed
            for two tasks, where there is but one order.

    Raises:
        ValueError: no orders for more than two tasks.
    """
    e, m, _ = gramian.shape
    if orders is None:
        if m > 2:
            raise ValueError(f"{m} tasks need an order of projections")
        inner, square = gramian[:, :1, 1], np.diagonal(gramian, axis1=1, axis2=2)
        return 1 - np.minimum(inner, 0) / np.where(inner < 0, square, 1)
    run, task = np.arange(e)[:, None], np.arange(m)
    coefficients = np.zeros((e, m, m))
    coefficients[:, task, task] = 1
    for other in np.moveaxis(orders, -1, 0):
        row = gramian[run, other]
        inner = (coefficients * row).sum(-1)
        square = gramian[run, other, other]
        conflict = (inner < 0) & (other != task) & (square > 0)
        step = np.divide(inner, square, out=np.zeros_like(inner), where=conflict)
        coefficients[run, task, other] -= step
    return coefficients.sum(1)
