"""Bounds of a trained network's convolutions, layer by layer, and what zero padding does to them (Delattre et al.)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from redrawn.data import imagenet
from redrawn.methods.lipschitz.circular_convolution import circular_norm, zero_padding_size
from redrawn.methods.lipschitz.convolution_power import convolution_power
from redrawn.studies.ensemble import generator
from redrawn.studies.lipschitz_estimation.gram_kernels import bounds

GRAM_STEPS, SAMPLES = 7, 20
FIRES = {2: 56, 3: 56, 4: 28, 5: 28, 6: 14, 7: 14, 8: 14, 9: 14}
LAYERS = {
    "conv1": 224,
    **{
        f"fire{place}/{part}": side
        for place, side in FIRES.items()
        for part in ("squeeze1x1", "expand1x1", "expand3x3")
    },
    "conv10": 14,
}
"""SqueezeNet's layers, each with the pixels along the edge of its input for photographs of 224."""


@dataclass(frozen=True)
class Settings:
    """Steps of the power iteration with zero padding, and how often photographs of 224 pixels are halved."""

    power_steps: int = 100
    halved: int = 0


SETTINGS = {"quick": Settings(30, 1), "standard": Settings(), "paper": Settings(1000)}


def layers(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Return (layer, k, method, ratio): bound over the exact norm of the circular convolution without its stride.

    For 3 × 3 kernels also `zero padding`: the estimate from below of the zero-padded convolution's norm.
    """
    source, state, rows = generator(seed), imagenet.squeezenet(), []
    for name, side in LAYERS.items():
        kernel = state[f"{name}/weight"][None].double().to(device)
        k = kernel.shape[-1]
        # a 1 × 1 kernel has the same matrix at each frequency
        n, samples = (side >> settings.halved, SAMPLES) if k > 1 else (1, 1)
        found = bounds(kernel, n, GRAM_STEPS, samples)
        if k > 1:
            start = torch.randn((1, kernel.shape[2], n, n), generator=source).to(device)
            estimates = convolution_power(kernel.float(), start, settings.power_steps, "constant")
            found["zero padding"] = estimates[-1].cpu().numpy()
        exact = found.pop("exact")
        rows += [(name, k, method, (bound / exact).item()) for method, bound in found.items()]
    return pd.DataFrame(rows, columns=["layer", "k", "method", "ratio"])


def totals(frame: pd.DataFrame) -> dict[str, float]:
    """Return the product over all layers of bound over exact norm, by method."""
    rows = frame[frame.method != "zero padding"]
    return rows.groupby("method", sort=False).ratio.prod().to_dict()


def logarithms(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Return log₁₀ of each bound over the exact norm, one a layer with a kernel larger than one pixel, by method."""
    rows = frame[(frame.k > 1) & (frame.method != "zero padding")]
    return np.log10(rows.ratio).groupby(rows.method, sort=False).apply(list).to_dict()


def least_over_zero_padding(frame: pd.DataFrame) -> float:
    """Return the smallest ratio over layers of the Gram bound to the zero-padded convolution's estimated norm."""
    table = frame.pivot(index="layer", columns="method", values="ratio")
    return float((table["Gram"] / table["zero padding"]).min())


def rotation(n: int) -> dict[str, float]:
    """Return norms of the convolution whose three taps in a row rotate two channels by -π/n, 0 and π/n, on n × n pixels.

    Around the circle the rotations add up to half a turn, so that no image suits all taps. Zero padding leaves the circle
    open, and the image that turns from pixel to pixel suits all of them.
    """
    kernel = torch.zeros(2, 2, 3, 3, dtype=torch.float64)
    for tap, angle in enumerate((-math.pi / n, 0.0, math.pi / n)):
        c, s = math.cos(angle), math.sin(angle)
        kernel[:, :, 1, tap] = torch.tensor([[c, -s], [s, c]])
    units = torch.eye(2 * n * n, dtype=torch.float64).unflatten(1, (2, n, n))
    matrix = torch.nn.functional.conv2d(units, kernel, padding=1).flatten(1)
    return {
        "zero padding": torch.linalg.matrix_norm(matrix, ord=2).item(),
        "circular": circular_norm(kernel, n).item(),
        "one pixel more": circular_norm(kernel, zero_padding_size(n, 3)).item(),
    }
