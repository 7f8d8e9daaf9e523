"""Three functions of one variable with a worse minimum in the way of momentum (Dubey et al., 2020, analytical examples)."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from redrawn.methods import optimizers

RATE, BETAS, EPS, START, STEPS = 0.1, (0.95, 0.999), 1e-8, -1.0, 299  # of the authors' notebook


def first(x: Tensor) -> Tensor:
    """Return F1, with minima of 0 at −0.3 and 0.05 at 0.2."""
    return torch.where(x <= 0, (x + 0.3) ** 2, (x - 0.2) ** 2 + 0.05)


def second(x: Tensor) -> Tensor:
    """Return F2, with minima of 0 at −0.64, 0.85 at 0 and 0.47 at 0.59."""
    return torch.where(x <= -0.9, -40 * x - 35.15, x**3 + x * torch.sin(8 * x) + 0.85)


def third(x: Tensor) -> Tensor:
    """Return F3, with minima of 0 at 0 and 0.25 at ±½."""
    size = x.abs()
    middle = torch.where(size <= 0.4, 7 * size / 8, 0.75 - size)
    return torch.where(size >= 0.5, x**2, middle)


FUNCTIONS = {"F1": first, "F2": second, "F3": third}

METHODS = {
    "Adam": lambda p: torch.optim.Adam(p, RATE, BETAS, EPS),
    "diffGrad": lambda p: optimizers.DiffGrad(p, RATE, BETAS, EPS),
    "Adam at half the rate": lambda p: torch.optim.Adam(p, RATE / 2, BETAS, EPS),
}


def roll(device: str) -> pd.DataFrame:
    """Run every method on every function; return (function, method, step, x, value)."""
    frames = []
    for method, make in METHODS.items():
        # a number for each function: the methods treat them apart
        x = torch.full(
            (len(FUNCTIONS),), START, dtype=torch.float64, device=device
        ).requires_grad_()
        run, path = make([x]), []
        for _ in range(STEPS + 1):
            pairs = zip(FUNCTIONS.values(), x, strict=True)
            values = torch.stack([function(each) for function, each in pairs])
            path.append(torch.stack([x, values], 1).detach())
            run.zero_grad()
            values.sum().backward()
            run.step()
        for name, line in zip(FUNCTIONS, torch.stack(path, 1).cpu().numpy(), strict=True):
            frame = pd.DataFrame(line, columns=["x", "value"]).rename_axis("step").reset_index()
            frames.append(frame.assign(function=name, method=method))
    return pd.concat(frames, ignore_index=True)


def ends(frame: pd.DataFrame, function: str, methods=("Adam", "diffGrad")) -> dict[str, float]:
    """Return {method: the function after the last step}."""
    last = frame[(frame.step == STEPS) & (frame.function == function)].set_index("method").value
    return {method: float(last[method]) for method in methods}


def control(frame: pd.DataFrame) -> dict[str, float]:
    """Return {method: mean over the first two functions after the last step}, of diffGrad and Adam at half the rate."""
    methods = ("Adam at half the rate", "diffGrad")
    both = [ends(frame, function, methods) for function in ("F1", "F2")]
    return {method: float(np.mean([each[method] for each in both])) for method in methods}
