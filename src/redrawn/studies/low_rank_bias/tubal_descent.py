"""Tubal tensor sensing: the problem, and descent on it from several starts at once."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank

N, TUBES = 10, 4


def random_truth(seeds: int, rank: int, source) -> torch.Tensor:
    """Draw tensors whose first `rank` tubal singular values are one and the others zero."""
    x = torch.randn(seeds, N, rank, TUBES, generator=source, dtype=torch.float64)
    slices = torch.linalg.svd(low_rank.to_slices(x), full_matrices=False).U
    basis = low_rank.from_slices(slices)
    return low_rank.t_product(basis, low_rank.t_transpose(basis))


def degrees_of_freedom(n: int, k: int, rank: int) -> int:
    """Return the number of free parameters of a symmetric tensor of sides n, k tubes and that tubal rank.

    A real Fourier slice has n·rank - rank(rank - 1)/2, a pair of conjugate ones 2n·rank - rank².
    """
    real = 1 + (k % 2 == 0)
    return real * (n * rank - rank * (rank - 1) // 2) + (k - real) // 2 * (2 * n * rank - rank**2)


def descend(truth, count: int, starts, pace: float, steps: int, every: int, source):
    """Descend on Σ (⟨A_i, U ∗ Uᵀ⟩ - y_i)² from each start, every seed with measurements of its own.

    A_i has standard normal entries. Of it a symmetric tensor sees the symmetric part only, whose coordinates are
    standard normal again.

    Args:
        truth: X ∗ Xᵀ of each seed.
        count: number of measurements.
        starts: {name: (columns R of U, size of the start)}; starts of as many columns share one draw.
        pace: step of gradient descent; the gradient is Σ residual · sym(A_i) ∗ U.
        steps: number of steps.
        every: steps between two rows of the result.
        source: generator.

    Returns:
        Frame (start, seed, step, test, train, angle, rank, rank 1 …): relative errors, the angle of the leading
        subspace to the power method's, the number of tubal singular values above a twentieth of the largest, and
        relative distances to the best approximations of the truth of tubal rank 1, 2 ….
    """
    e, n, _, k = truth.shape
    b, r = len(starts), int(low_rank.numerical_rank(low_rank.tubal_singular_values(truth)).max())
    free = low_rank.to_coordinates(truth)

    def draw(*shape):
        return torch.randn(shape, generator=source, dtype=torch.float64)

    measure = draw(e, count, free.shape[-1])
    normal = measure.mT @ measure
    power = low_rank.leading_subspace(
        low_rank.from_coordinates((normal @ free[..., None])[..., 0], n, k), r
    )
    power = power[:, None].expand(e, b, *power.shape[1:])
    widths = dict.fromkeys(width for width, _ in starts.values())
    drawn = {w: low_rank.square_root(draw(e, n, w, k) / w**0.5) for w in widths}
    u = torch.stack([size * drawn[width] for width, size in starts.values()], 1)
    best = {f"rank {s}": low_rank.best_of_tubal_rank(truth, s)[:, None] for s in range(1, r + 1)}
    size = free.norm(dim=1)[:, None]
    weight = (free * (normal @ free[..., None])[..., 0]).sum(1).sqrt()[:, None]
    descent = low_rank.TubalDescent(normal, free[:, None], (n, k), pace)
    slices, rows = low_rank.half_slices(u), []
    for step in range(steps + 1):
        if step % every == 0:
            u = low_rank.from_half_slices(slices, k)
            product = low_rank.t_product(u, low_rank.t_transpose(u))
            residual = low_rank.to_coordinates(product) - free[:, None]
            columns = {
                "start": np.tile(list(starts), e),
                "seed": np.repeat(np.arange(e), b), "step": np.full(e * b, step),
                "test": residual.norm(dim=2) / size,
                "train": (residual * (residual @ normal)).sum(2).clamp_min(0).sqrt() / weight,
                "angle": low_rank.subspace_angle(power, u),
                "rank": low_rank.numerical_rank(low_rank.tubal_singular_values(u).square()),
            } | {
                s: (product - z).flatten(2).norm(dim=2) / z.flatten(2).norm(dim=2)
                for s, z in best.items()
            }  # fmt: skip
            rows.append(pd.DataFrame({key: np.ravel(v) for key, v in columns.items()}))
        slices = descent.step(slices)
    return pd.concat(rows, ignore_index=True)
