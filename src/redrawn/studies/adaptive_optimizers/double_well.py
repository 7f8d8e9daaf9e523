"""SPIDER against normalised stochastic descent on a double well with noise (Chen et al., ICML 2023)."""

from dataclasses import dataclass

import pandas as pd
import torch

from redrawn.methods import optimizers
from redrawn.studies import tidy
from redrawn.studies.ensemble import generator


@dataclass(frozen=True)
class Settings:
    """Sizes; the noise has these deviations, additive and relative to the gradient."""

    accuracies: tuple[float, ...] = (0.125, 0.0884, 0.0625, 0.0442, 0.0312)
    dimension: int = 2
    seeds: int = 8
    replicates: int = 16
    noise: float = 1.0
    relative_noise: float = 1.0


SETTINGS = {
    "quick": Settings((0.177, 0.125, 0.0884), replicates=8),
    "standard": Settings(),
    # rates are of ε → 0: an octave further
    "paper": Settings((0.125, 0.0884, 0.0625, 0.0442, 0.0312, 0.0221, 0.0156)),
}


def descend(settings: Settings, seed: int, device: str) -> pd.DataFrame:
    """Run SPIDER and normalised SGD on f = Σ ¼xᵢ⁴ − ½xᵢ²; return (method, accuracy, samples, seed, norm).

    A sample of the gradient is ∇f·(1 + s ξ) + σ ζ with numbers ξ and ζ of its own, so that a batch's mean has a known
    law and is drawn at once. SPIDER has steps of length ε/4, batches of ε⁻² every ε⁻¹ steps and of ε⁻¹ between them,
    for 8ε⁻² steps; normalised SGD batches of ε⁻² at every step. `norm` is the mean of ‖∇f‖ over steps and replicates.
    """
    rows = []
    for accuracy in settings.accuracies:
        for method in ("SPIDER", "normalised SGD"):
            samples, norms = _run(settings, method, accuracy, generator(seed), device)
            rows += [(method, accuracy, samples, i, v) for i, v in enumerate(norms.tolist())]
    return pd.DataFrame(rows, columns=["method", "accuracy", "samples", "seed", "norm"])


def _run(settings: Settings, method: str, accuracy: float, source, device: str):
    shape = (settings.seeds * settings.replicates, settings.dimension)
    x = torch.full(shape, 2.0, device=device, requires_grad=True)
    period, steps = round(1 / accuracy), round(8 / accuracy**2)
    run = {"SPIDER": optimizers.Spider, "normalised SGD": optimizers.NormalizedDescent}[method](
        [x], lr=accuracy / 4, batched=True
    )
    samples, total = 0, torch.zeros(shape[0], device=device)
    noise = torch.randn((steps, 2, *shape), generator=source).to(device)
    for step, (relative, absolute) in enumerate(noise):
        large = method != "SPIDER" or step % period == 0
        batch = round(accuracy**-2) if large else round(1 / accuracy)
        samples += batch
        scale = 1 + settings.relative_noise / batch**0.5 * relative
        shift = settings.noise / batch**0.5 * absolute

        def closure(scale=scale, shift=shift):
            x.grad = scale * (x.detach() ** 3 - x.detach()) + shift

        total += (x.detach() ** 3 - x.detach()).norm(dim=1)
        if method == "SPIDER":
            run.step(closure, refresh=large)
        else:
            run.step(closure)
    return samples, (total / steps).view(settings.seeds, -1).mean(1)


def series(frame: pd.DataFrame, method: str) -> dict[str, list]:
    """Return {"x": samples, "y": mean norms, one list a seed} of one method."""
    return tidy.series(frame[frame.method == method], "samples", "norm")
