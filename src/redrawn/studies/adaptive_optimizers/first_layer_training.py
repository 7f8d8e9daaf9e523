"""TrAct against plain first-layer updates by accuracy and speed (Petersen, Borgelt and Ermon, 2024)."""

from dataclasses import replace

import numpy as np
import pandas as pd

from redrawn.studies.adaptive_optimizers.first_layer import Settings, train

RATES = {"SGD": (0.02, 0.05, 0.1), "Adam": (3e-3, 1e-2, 3e-2)}


def best_rate(settings: Settings, seed: int, device: str, optimizer: str) -> float:
    """Return the plain method's rate of highest mean test accuracy at the last epoch, on starts of their own."""
    few = replace(settings, seeds=2)
    means = []
    for rate in RATES[optimizer]:
        frame = train(few, seed + 10_000, device, optimizer, None, rate)
        means.append(frame[frame.epoch == settings.epochs].test.mean())
    return RATES[optimizer][int(np.argmax(means))]


def compare(settings: Settings, seed: int, device: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """Train both methods by both optimizers at the plain method's best rate, and by Adam on raw pixels.

    Returns (optimizer, method, pixels, seed, epoch, train, test), and the rates.
    """
    rates = {optimizer: best_rate(settings, seed, device, optimizer) for optimizer in RATES}
    frames = []
    for optimizer, pixels in (("SGD", "standard"), ("Adam", "standard"), ("Adam", "raw")):
        for method, ridge in {"plain": None, "TrAct": settings.ridge}.items():
            found = train(settings, seed, device, optimizer, ridge, rates[optimizer], pixels)
            frames.append(found.assign(optimizer=optimizer, method=method, pixels=pixels))
    return pd.concat(frames, ignore_index=True), rates


def by_ridge(settings: Settings, seed: int, device: str, rate: float) -> list[float]:
    """Return the range of test accuracy, in %, over λ at the last epoch, trained by Adam, one value a seed."""
    ends = []
    for ridge in settings.ridges:
        frame = train(settings, seed, device, "Adam", ridge, rate)
        ends.append(frame[frame.epoch == settings.epochs].test.to_numpy())
    return np.ptp(np.stack(ends), axis=0).tolist()


def curves(frame: pd.DataFrame, optimizer: str, pixels: str = "standard") -> pd.DataFrame:
    """Return the rows of one optimizer and kind of pixels."""
    return frame[(frame.optimizer == optimizer) & (frame.pixels == pixels)]


def accuracies(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return each method's test accuracy at the last epoch, one value a seed, from what `curves` returns."""
    rows = frame[frame.epoch == frame.epoch.max()]
    table = rows.pivot(index="seed", columns="method", values="test")
    return {method: table[method].to_numpy() for method in table}


def lost(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the accuracy that each method loses on raw pixels, in %, one value a seed."""
    standard, raw = (accuracies(curves(frame, "Adam", pixels)) for pixels in ("standard", "raw"))
    return {method: standard[method] - raw[method] for method in standard}


def speed_up(frame: pd.DataFrame) -> list[float]:
    """Return all epochs over the first at which TrAct's training loss is at most the plain method's last, by seed.

    Takes what `curves` returns. Epochs are interpolated between the two on either side; one where TrAct does not get there.
    """
    found = []
    for _, part in frame.groupby("seed"):
        losses = {m: r.sort_values("epoch").train.to_numpy() for m, r in part.groupby("method")}
        level, ours = losses["plain"][-1], losses["TrAct"]
        if ours.min() > level:
            found.append(1.0)
            continue
        k = int(np.argmax(ours <= level))
        share = (ours[k - 1] - level) / (ours[k - 1] - ours[k]) if k else 1.0
        found.append(len(ours) / (k + share))
    return found
