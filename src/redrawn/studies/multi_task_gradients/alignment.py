"""Aligned-MTL on the landscape of two valleys, beside the sum of the losses, PCGrad and MGDA (Senushkin et al.)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from redrawn.methods import gradients
from redrawn.methods.gradients import two_valleys

SHARES = (0.3, 0.5, 0.7)
BETAS, EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Settings:
    """The paper's learning rate of Adam and number of updates, and the number until preset weights are judged."""

    updates: int = 35_000
    longer: int = 40_000
    learning_rate: float = 1e-3
    every: int = 100


SETTINGS = {profile: Settings() for profile in ("quick", "standard", "paper")}

RUNS = [("sum", 0.5), ("PCGrad", 0.5), ("MGDA", 0.5), *(("Aligned-MTL", s) for s in SHARES)]
"""Methods, and the first loss's share in the weighted loss."""


def lowest(share: float) -> float:
    """Return the least value of the weighted loss s L₁ + (1 - s) L₂, on a fine grid of the line below the valleys."""
    x, y = np.meshgrid(np.linspace(-8, 8, 1601), np.linspace(-9, -7, 201))
    values, _ = two_valleys.losses_and_jacobian(np.stack([x.ravel(), y.ravel()], 1))
    return float((values @ [share, 1 - share]).min())


def descend(settings: Settings) -> pd.DataFrame:
    """Run every method from all five starts, side by side.

    As in the paper's code the losses are scaled by their shares before the sum, PCGrad and MGDA see them, which at equal shares leaves
    the weights of all three as they are; Aligned-MTL has the shares for preset weights of the unscaled losses. Returns a frame (method, share, start, update, x, y, first, second, gap): gap is
    the weighted loss above its least value.
    """
    starts = len(two_valleys.STARTS)
    point = np.tile(np.array(two_valleys.STARTS), (len(RUNS), 1))
    share = np.repeat([s for _, s in RUNS], starts)
    preset = np.stack([share, 1 - share], 1)
    least = np.repeat([lowest(s) for _, s in RUNS], starts)
    momentum, square = np.zeros_like(point), np.zeros_like(point)
    plain, surgery, hull, aligned = (
        slice(i * starts, j * starts) for i, j in ((0, 1), (1, 2), (2, 3), (3, len(RUNS)))
    )
    rows = []
    for update in range(settings.longer + 1):
        values, jacobian = two_valleys.losses_and_jacobian(point)
        if update % settings.every == 0:
            gap = (values * preset).sum(1) - least
            rows.append(np.column_stack([point, values, gap]))
        gram = jacobian @ jacobian.swapaxes(1, 2)
        w = np.concatenate([
            preset[plain],
            preset[surgery] * gradients.pcgrad_weights(gram[surgery]),
            preset[hull] * gradients.mgda_weights(gram[hull]),
            gradients.aligned_weights(gram[aligned], preset[aligned]),
        ])  # fmt: skip
        g = (w[:, None] @ jacobian)[:, 0]
        momentum += (1 - BETAS[0]) * (g - momentum)
        square += (1 - BETAS[1]) * (g**2 - square)
        first, second = (1 - b ** (update + 1) for b in BETAS)
        size = settings.learning_rate * second**0.5 / first
        point -= size * momentum / (np.sqrt(square) + EPSILON * second**0.5)
    table = pd.DataFrame(np.concatenate(rows), columns=["x", "y", "first", "second", "gap"])
    looks, names = len(rows), [m for m, _ in RUNS]
    return table.assign(
        method=np.tile(np.repeat(names, starts), looks),
        share=np.tile(share, looks),
        start=np.tile(np.arange(starts), looks * len(RUNS)),
        update=np.repeat(np.arange(looks) * settings.every, starts * len(RUNS)),
    )


def largest_gaps(settings: Settings, frame: pd.DataFrame) -> dict[str, float]:
    """Return each method's largest gap over starts at equal shares, after the paper's number of updates."""
    rows = frame[(frame["update"] == settings.updates) & (frame.share == 0.5)]
    return rows.groupby("method").gap.max().to_dict()


def off_preset(frame: pd.DataFrame, update: int) -> float:
    """Return how far Aligned-MTL is from x = 7 (2s - 1) at an update, the largest over shares and starts."""
    rows = frame[(frame["update"] == update) & (frame.method == "Aligned-MTL")]
    return float((rows.x - 7 * (2 * rows.share - 1)).abs().max())
