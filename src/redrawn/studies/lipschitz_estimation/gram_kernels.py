"""Bounds of a convolution's norm side by side, on Gaussian kernels (Delattre et al.)."""

import numpy as np
import pandas as pd
import torch

from redrawn.methods.lipschitz.circular_convolution import circular_norm, convolution_gram_bounds
from redrawn.methods.lipschitz.four_unfoldings import unfolding_bounds
from redrawn.methods.lipschitz.sampled_toeplitz import sampled_toeplitz_bound
from redrawn.studies.lipschitz_estimation.gram import PIXELS, Settings, draw_kernels, normal


def bounds(kernels: torch.Tensor, n: int, steps: int, samples: int) -> dict[str, np.ndarray]:
    """Return each method's bound of the circular convolution, and its exact norm, one a kernel."""
    found = {
        "exact": circular_norm(kernels, n),
        "Gram": convolution_gram_bounds(kernels, n, steps)[-1],
        "four unfoldings": unfolding_bounds(kernels).amin(-1),
        "sampled": sampled_toeplitz_bound(kernels, samples),
    }
    return {name: values.cpu().numpy() for name, values in found.items()}


def ratios(kernels: torch.Tensor, n: int, steps: int, samples: int) -> dict[str, np.ndarray]:
    """Return each method's bound over the exact norm, one a kernel."""
    found = bounds(kernels, n, steps, samples)
    exact = found.pop("exact")
    return {method: values / exact for method, values in found.items()}


def authors_ratios(settings: Settings, seed: int, device: str) -> dict[str, np.ndarray]:
    """Return them for kernels of the authors' size, with their five steps and 50 × 50 samples."""
    return ratios(draw_kernels(settings, seed, device), PIXELS, 5, 50)


def widths(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (channels, method, seed, ratio) for 3 × 3 kernels of growing width on 16 × 16 pixels, Gram with 6 steps."""
    source = torch.Generator().manual_seed(1000 * seed + 3)
    rows = []
    for width in settings.widths:
        kernels = normal(source, settings.kernels, width, width, 3, 3).to(device)
        rows += [
            (width, method, i, ratio)
            for method, values in ratios(kernels, 16, 6, 20).items()
            for i, ratio in enumerate(values)
        ]
    return pd.DataFrame(rows, columns=["channels", "method", "seed", "ratio"])
