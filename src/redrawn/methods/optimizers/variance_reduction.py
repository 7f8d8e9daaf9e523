"""SVRG (Johnson and Zhang, 2013) and SARAH (Nguyen et al., 2017), with batches.

Both start an outer loop at v = ∇P(w₀). An inner step, on a batch S, is w ← w − η v with
SVRG: v = ∇f_S(w) − ∇f_S(w₀) + ∇P(w₀);  SARAH: v = ∇f_S(w) − ∇f_S(w_before) + v.
"""

from collections.abc import Callable, Iterator

from jaxtyping import Float
from torch import Tensor

Gradient = Callable[[Float[Tensor, "e d"], Tensor | None], Float[Tensor, "e d"]]


def variance_reduced(
    gradient: Gradient,
    start: Float[Tensor, "e d"],
    rates: Float[Tensor, "e 1"],
    batches: Iterator[Tensor],
    inner: int,
    recursive: bool,
) -> Iterator[tuple[Float[Tensor, "e d"], bool]]:
    """Yield iterates side by side, without end, and whether the full gradient was taken for that step.

    Args:
        gradient: of the loss on a batch, in whatever form it has batches, or on all data where that is None.
        start: w.
        rates: η.
        batches: S of each inner step.
        inner: steps of an inner loop, the first with the full gradient.
        recursive: SARAH in place of SVRG.
    """
    w = start
    while True:
        anchor, full = w, gradient(w, None)
        before, v = w, full
        w = w - rates * v
        yield w, True
        for _ in range(inner - 1):
            batch = next(batches)
            if recursive:
                v = gradient(w, batch) - gradient(before, batch) + v
            else:
                v = gradient(w, batch) - gradient(anchor, batch) + full
            before = w
            w = w - rates * v
            yield w, False
