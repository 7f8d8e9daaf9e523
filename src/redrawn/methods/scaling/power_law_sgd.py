"""Least squares with a power-law spectrum, by one pass of SGD, exactly and by sampling.

Features are independent Gaussians of variance λ_i = i^-a, the label is their sum and noise of variance s². A model of size M
sees the first M; what it does not see adds noise of variance Σ_{i>M} λ_i. Since nothing is seen twice there is no
generalisation gap: the loss falls by approximation, and rises with the noise that a constant step size leaves.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class PowerLaw:
    """A family of problems.

    Attributes:
        exponent: a > 1.
        features: of the truth.
        noise: s², variance of the labels' noise.
    """

    exponent: float
    features: int
    noise: float

    def variances(self, device: str = "cpu") -> Float[Tensor, " d"]:
        """Return λ of all features."""
        places = torch.arange(1, self.features + 1, dtype=torch.float64, device=device)
        return places**-self.exponent


def expected_loss(
    law: PowerLaw, size: int, steps: int, rates: Float[Tensor, " e"]
) -> Float[Tensor, " e"]:
    """Return E (prediction - label)² after so many steps from zero, at each step size.

    For Gaussian features the second moments m_i of the errors obey
    m_i ← (1 - 2ηλ_i + 2η²λ_i²) m_i + η²λ_i (Σ_j λ_j m_j + s² + tail).
    """
    spectrum = law.variances(rates.device)
    seen, rest = spectrum[:size], spectrum[size:].sum() + law.noise
    eta = rates[:, None].to(spectrum)
    moments = torch.ones(len(rates), size, dtype=spectrum.dtype, device=rates.device)
    keep = 1 - 2 * eta * seen + 2 * (eta * seen).square()
    for _ in range(steps):
        total = (moments * seen).sum(1, keepdim=True) + rest
        moments = keep * moments + eta.square() * seen * total
    return (moments * seen).sum(1) + rest


def sampled_loss(
    law: PowerLaw, size: int, steps: int, rates: Float[Tensor, " e"], source: torch.Generator
) -> Float[Tensor, " e"]:
    """Return the loss, exact given the weights, of one run at each step size; all runs see samples of their own."""
    spectrum = law.variances(rates.device)
    seen, rest = spectrum[:size], spectrum[size:].sum() + law.noise
    eta = rates[:, None].to(spectrum)
    error = torch.ones(len(rates), size, dtype=spectrum.dtype, device=rates.device)
    for _ in range(steps):
        draw = torch.randn(len(rates), size + 1, generator=source, dtype=spectrum.dtype)
        draw = draw.to(rates.device)
        x = draw[:, :-1] * seen.sqrt()
        residual = (x * error).sum(1, keepdim=True) + rest.sqrt() * draw[:, -1:]
        error = error - eta * residual * x
    return (error.square() * seen).sum(1) + rest
