"""Logistic regression with a ridge, and the data that it is fitted to."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from sklearn import datasets
from torch import Tensor

from redrawn.data import digits


@dataclass(frozen=True)
class Logistic:
    """Mean of log(1 + exp(−y xᵀw)) plus ½ Σ ridge w²; weights (e, d) are those of e problems on the same rows.

    Where there are batches (s, b, d) each serves e/s problems, every s-th.

    Attributes:
        x: rows times their labels, ±1.
        ridge: one a column.
    """

    x: Float[Tensor, "n d"]
    ridge: Float[Tensor, " d"]

    def loss(self, w: Float[Tensor, "e d"]) -> Float[Tensor, " e"]:
        """Return the mean over all rows."""
        data = torch.nn.functional.softplus(-w @ self.x.T).mean(1)
        return data + (self.ridge * w**2).sum(1) / 2

    def gradient(self, w: Tensor, batches: Tensor | None = None) -> Tensor:
        """Return ∇f of batches of rows, or of all rows."""
        x = self.x if batches is None else batches
        return _back(x, -torch.sigmoid(-_margins(w, x))) + self.ridge * w

    def product(self, w: Tensor, v: Tensor, batches: Tensor | None = None) -> Tensor:
        """Return ∇²f v."""
        x = self.x if batches is None else batches
        p = torch.sigmoid(_margins(w, x))
        return _back(x, p * (1 - p) * _margins(v, x)) + self.ridge * v

    def third(self, w: Tensor, v: Tensor, batches: Tensor | None = None) -> Tensor:
        """Return ∇³f[v, v]."""
        x = self.x if batches is None else batches
        p = torch.sigmoid(_margins(w, x))
        return _back(x, p * (1 - p) * (1 - 2 * p) * _margins(v, x) ** 2)

    @cached_property
    def smoothness(self) -> float:
        """Return L, the largest eigenvalue of the bound on ∇²f."""
        return float(torch.linalg.eigvalsh(self.bound)[-1])

    @cached_property
    def bound(self) -> Float[Tensor, "d d"]:
        """Return XᵀX/4n with the ridge, which ∇²f is nowhere above."""
        return self.x.T @ self.x / (4 * len(self.x)) + self.ridge.diag()

    @cached_property
    def least(self) -> Float[Tensor, " 1"]:
        """Return the least loss."""
        return self.loss(self.minimiser())

    def minimiser(self, steps: int = 100) -> Float[Tensor, "1 d"]:
        """Return the weights of least loss, by Newton's method with halved steps."""
        w = self.x.new_zeros(1, self.x.shape[1])
        for _ in range(steps):
            g = self.gradient(w)
            p = torch.sigmoid(_margins(w, self.x))[0]
            hessian = self.x.T * (p * (1 - p)) @ self.x / len(p) + self.ridge.diag()
            move, loss, size = torch.linalg.solve(hessian, g[0])[None], self.loss(w), 1.0
            while self.loss(w - size * move) > loss and size > 1e-6:
                size /= 2
            w = w - size * move
            if float((g * move).sum()) < 1e-22:
                break
        return w


def _times(rows: Float[Tensor, "e k"], matrices: Float[Tensor, "*s k m"]) -> Float[Tensor, "e m"]:
    if matrices.ndim == 2:
        return rows @ matrices
    grouped = rows.unflatten(0, (-1, len(matrices))).transpose(0, 1)
    return (grouped @ matrices).transpose(0, 1).flatten(0, 1)


def _margins(w: Float[Tensor, "e d"], x: Float[Tensor, "*s b d"]) -> Float[Tensor, "e b"]:
    return _times(w, x.mT)


def _back(x: Float[Tensor, "*s b d"], weights: Float[Tensor, "e b"]) -> Float[Tensor, "e d"]:
    return _times(weights, x) / weights.shape[1]


@cache
def data(
    name: Literal["cancer", "digits", "mnist"],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
    """Return rows and labels ±1: 569 cases with standardised features, or pictures of odd and even digits."""
    if name == "cancer":
        x, y = datasets.load_breast_cancer(return_X_y=True)
        return (x - x.mean(0)) / x.std(0), 2.0 * y - 1
    if name == "digits":
        x, y = datasets.load_digits(return_X_y=True)
    else:
        x, y = digits.mnist(14)
        x = x.reshape(len(x), -1)
    return np.asarray(x, dtype=float), 2.0 * (y % 2) - 1


def unit_rows(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Return rows of Euclidean norm one."""
    return x / np.linalg.norm(x, axis=1, keepdims=True)
