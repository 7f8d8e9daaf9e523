"""SIREN's activations: how they are distributed, layer by layer, with and without its initialisation."""

import numpy as np
import pandas as pd
import torch
from scipy import stats

from redrawn.methods import implicit
from redrawn.methods.implicit.siren import uniform
from redrawn.studies.ensemble import generator
from redrawn.studies.implicit_representations.siren import Settings
from redrawn.studies.tidy import per_seed


def activation_statistics(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Compare pre-activations with N(0, 1) and sines with the arcsine law, layer by layer.

    `init` is `paper`, or `default`: weights U(±1/√n), as a linear layer has them without more ado.
    Returns columns init, seed, layer (1 is the first after the coordinates), std, ks_normal, ks_arcsine.
    """
    n = settings.statistics_width
    widths = [1, *[n] * (settings.statistics_layers + 1), 1]
    source = generator(seed)
    x = torch.linspace(-1, 1, settings.statistics_points, device=device)[None, :, None]
    rows = []
    for i in range(settings.statistics_seeds):
        layers = implicit.init_siren(widths, 1, source, device=device)
        plain = [(uniform(w.shape, w.shape[1] ** -0.5, source, device), b) for w, b in layers]
        for init, parameters in (("paper", layers), ("default", plain)):
            for depth, z in enumerate(implicit.pre_activations(parameters, x)):
                if depth == 0:
                    continue  # the coordinates' own layer: a frequency for each unit, no sum
                # all units at few points: units are independent, neighbouring points are not
                sample = z[0, :: max(1, z.shape[1] // 16)].flatten().cpu().double().numpy()
                # the exact p-value takes longer than the distance, and only the distance is wanted
                normal = stats.kstest(sample, "norm", method="asymp").statistic
                arcsine = stats.kstest(np.sin(sample), stats.arcsine(-1, 2).cdf, method="asymp")
                rows.append((init, i, depth, sample.std(), normal, arcsine.statistic))
    columns = ["init", "seed", "layer", "std", "ks_normal", "ks_arcsine"]
    return pd.DataFrame(rows, columns=columns)


def largest_distances(frame: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """Return the largest distance over layers by initialisation, one value a seed."""
    worst = frame.groupby(["init", "seed"], as_index=False)[column].max()
    return per_seed(worst.replace({"init": {"default": "plain"}}), "init", column)


def deepest_std(frame: pd.DataFrame) -> np.ndarray:
    """Return the standard deviation of the deepest pre-activations with the paper's weights, by seed."""
    deepest = frame[(frame.init == "paper") & (frame.layer == frame.layer.max())]
    return deepest.sort_values("seed")["std"].to_numpy()
