"""Adam and AMSGrad on [−1, 1] where gradients are known in advance (Reddi, Kale and Kumar, 2018).

Gradients of linear losses do not depend on the iterate. Both moments are then linear filters of gradients known in
advance, and the iterate is a sum of known steps that is clipped as it goes: millions of rounds in a second.
"""

import numpy as np
import torch
from jaxtyping import Float
from scipy.signal import lfilter

METHODS = ("Adam", "AMSGrad")


def clipped_sum(
    steps: Float[np.ndarray, " n"], start: float = 0.0, low: float = -1.0, high: float = 1.0
) -> Float[np.ndarray, " n"]:
    """Return x after each of x ← clip(x + step, low, high).

    Such maps compose to maps min(max(x + a, b), c): blocks are composed side by side, and only their ends one by one.
    """
    block = int(np.sqrt(len(steps))) + 1
    padded = np.zeros((-(-len(steps) // block), block))
    padded.ravel()[: len(steps)] = steps
    table = _transposed(padded)  # a block a column
    move, bottom, top = np.zeros(table.shape[1]), low, high
    for row in table:
        move = move + row
        bottom, top = _clip(bottom + row, low, high), _clip(top + row, low, high)
    starts = np.empty(table.shape[1])
    for i in range(len(starts)):
        starts[i] = start
        start = min(max(start + move[i], bottom[i]), top[i])
    x = starts
    for i, row in enumerate(table):
        x = table[i] = _clip(x + row, low, high)
    return _transposed(table).ravel()[: len(steps)]


def _clip(x: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.minimum(np.maximum(x, low), high)  # half the overhead of np.clip on short rows


def _transposed(table: np.ndarray) -> np.ndarray:
    # by blocks that fit the cache, unlike NumPy's copy
    return torch.from_numpy(table).T.contiguous().numpy()


def play(gradients: Float[np.ndarray, " n"], alpha: float, betas, start: float = 0.0) -> dict:
    """Return each method's iterates x_1, …, x_n with steps α/√t, and its √v, both of shape (n,)."""
    first, second = betas
    mean = lfilter([1 - first], [1, -first], gradients)
    square = lfilter([1 - second], [1, -second], gradients**2)
    rate = alpha / np.sqrt(np.arange(1, len(gradients) + 1))
    found = {}
    for method in METHODS:
        scale = np.sqrt(np.maximum.accumulate(square) if method == "AMSGrad" else square)
        after = clipped_sum(-rate * mean / scale, start)
        found[method] = np.concatenate([[start], after[:-1]]), scale
    return found
