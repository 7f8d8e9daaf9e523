"""The curvature of the Bures-Wasserstein loss near matrices of low rank, plain and smoothed."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods import low_rank
from redrawn.studies.ensemble import generator

SINGULAR = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)


def curvature(seed: int, seeds: int = 4, n: int = 5, k: int = 3) -> pd.DataFrame:
    """Return (loss, seed, singular, curvature): the Hessian's largest absolute eigenvalue at a small singular value.

    W is n by k with k < n: a square matrix has no kink where one singular value alone vanishes.
    """
    source, rows = generator(seed + 400), []
    for i in range(seeds):
        x = torch.randn(n, n, generator=source, dtype=torch.float64)
        root = low_rank.symmetric_power(x @ x.T / n + torch.eye(n, dtype=torch.float64), 0.5)
        u, _, v = torch.linalg.svd(torch.randn(n, n, generator=source, dtype=torch.float64))
        v = torch.linalg.qr(v[:k, :k]).Q
        for small in SINGULAR:
            values = torch.cat([torch.linspace(2.5, 1.2, k - 1), torch.tensor([small])]).double()
            for label, tau in (("plain", 0.0), ("smoothed", 0.1)):

                def loss(flat, tau=tau, root=root):
                    return low_rank.bures_loss(flat.reshape(n, k), root, tau)

                hessian = torch.autograd.functional.hessian(
                    loss, ((u[:, :k] * values) @ v).flatten()
                )
                rows.append((label, i, small, float(torch.linalg.eigvalsh(hessian).abs().max())))
    return pd.DataFrame(rows, columns=["loss", "seed", "singular", "curvature"])


def growth(found: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of the curvature at the smallest singular value over that at the largest."""
    table = found.pivot_table("curvature", ["loss", "seed"], "singular")
    ratio = np.log10(table[min(SINGULAR)] / table[max(SINGULAR)])
    return {label: ratio[label].tolist() for label in ("plain", "smoothed")}
