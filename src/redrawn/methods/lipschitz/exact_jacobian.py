"""The exact local Lipschitz constant of a small ReLU perceptron, by mixed-integer programming (LipMIP, Jordan & Dimakis, NeurIPS 2020).

Unknown are the input x and, for each hidden unit, a = relu(z), its slope s in {0, 1} and the product p = J s, where J is a row of
the Jacobian behind it; and |J_1|. With bounds on z and J each relation is four linear inequalities, exact for whole s. There is a
program for each output; an output whose upper bound lies under what is found already is left out.
"""

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import Tensor

from redrawn.methods.lipschitz.jacobian_interval import clarke_slopes
from redrawn.methods.lipschitz.jacobian_linear import row_bounds, row_norm
from redrawn.methods.lipschitz.preactivation_bounds import Layers, linear_bounds


class _Program:
    """Variables with ends and inequalities. An affine expression is a row of coefficients, its constant last."""

    def __init__(self, size: int):
        self.size = size
        self.ends: list[np.ndarray] = []
        self.rows: list[np.ndarray] = []

    def new(self, low: np.ndarray, high: np.ndarray, whole: bool = False) -> np.ndarray:
        """Return new variables as expressions."""
        used = sum(e.shape[1] for e in self.ends)
        self.ends.append(np.stack([low, high, np.full(len(low), float(whole))]))
        return np.eye(self.size, self.size + 1, used)[: len(low)]

    def one_minus(self, expressions: np.ndarray) -> np.ndarray:
        """Return 1 - expressions."""
        return np.eye(1, self.size + 1, self.size) - expressions

    def product(self, x, low, high, sign) -> np.ndarray:
        """Return new variables that are x s, for x in [low, high] and s whole."""
        y = self.new(low.clip(max=0), high.clip(min=0))
        low, high, no = low[:, None], high[:, None], self.one_minus(sign)
        self.rows += [high * sign - y, y - low * sign, x - low * no - y, y - x + high * no]
        return y

    def solve(self, objective: np.ndarray, least: float) -> np.ndarray | None:
        """Return the variables at the objective's largest value, or None if that is not above `least`."""
        above = objective[None].copy()
        above[:, -1] -= least
        rows = sparse.csr_array(np.concatenate([*self.rows, above]))
        low, high, whole = np.concatenate(self.ends, 1)
        limits = LinearConstraint(rows[:, :-1], -rows[:, [-1]].toarray()[:, 0], np.inf)
        found = milp(-objective[:-1], integrality=whole, bounds=Bounds(low, high),
                     constraints=limits, options={"mip_rel_gap": 1e-7})  # fmt: skip
        return found.x


def exact_constant(layers: Layers, lower: Float[Tensor, " d"], upper: Float[Tensor, " d"]) -> float:
    """Return the largest ‖J‖_∞ over a box: that of the activation pattern which the program finds, to about 1e-6.

    Args:
        layers: the network; the time grows steeply with the number of its unstable units.
        lower: the box's lower end.
        upper: its upper end.
    """
    bounds = linear_bounds(layers, lower[None], upper[None])
    last = layers[-1][0]
    slopes = [tuple(e.expand(len(last), -1) for e in ends) for ends in clarke_slopes(bounds)]
    rows = row_bounds(layers, slopes, last)
    most, best = row_norm(layers, slopes, rows), 0.0
    weights = [(w.cpu().numpy(), b.cpu().numpy()) for w, b in layers]
    box = lower.cpu().numpy(), upper.cpu().numpy()
    z_ends = [tuple(e[0].cpu().numpy() for e in pair) for pair in bounds]
    for k in most.argsort(descending=True).tolist():
        if most[k] > best:
            j_ends = [tuple(e[k].cpu().numpy() for e in pair) for pair in rows]
            pattern = _best_pattern(weights, box, z_ends, j_ends, best)
            if pattern:
                row = j_ends[-1][0]
                for (weight, _), active in zip(weights[-2::-1], pattern, strict=True):
                    row = (row * active) @ weight
                best = max(best, float(np.abs(row).sum()))
    return best


def _best_pattern(weights, box, z_ends, j_ends, least) -> list[np.ndarray]:
    """Return hidden layers' slopes, last first, for which a row's absolute sum is largest; none if it is not above `least`."""
    units = sum(len(bias) for _, bias in weights[:-1])
    program = _Program(3 * units + 3 * len(box[0]))
    a, signs = program.new(*box), []
    for (weight, bias), (low, high) in zip(weights, z_ends, strict=False):
        z = weight @ a
        z[:, -1] += bias
        s = program.new((low >= 0).astype(float), ((low >= 0) | (high > 0)).astype(float), True)
        a = program.product(z, low, high, s)
        # the product is relu(z): s is one where z > 0, and zero where z < 0
        program.rows += [a - z, a]
        signs.append(s)
    j = np.zeros((len(j_ends[-1][0]), program.size + 1))
    j[:, -1] = j_ends[-1][0]
    for (weight, _), ends, s in zip(weights[-2::-1], j_ends[:0:-1], signs[::-1], strict=True):
        j = weight.T @ program.product(j, *ends, s)
    low, high = j_ends[0]
    size = program.new(0 * low, np.maximum(-low, high).clip(min=0))
    positive = program.new((low >= 0).astype(float), (high > 0).astype(float), True)
    no = program.one_minus(positive)
    program.rows += [j - 2 * low.clip(max=0)[:, None] * no - size,
                     2 * high.clip(min=0)[:, None] * positive - j - size]  # fmt: skip
    found = program.solve(size.sum(0), least)
    return [] if found is None else [(s[:, :-1] @ found).round() for s in signs[::-1]]
