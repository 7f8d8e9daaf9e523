"""A two-layer network with squares for activations that adds modulo p (Doshi et al., ICLR 2024).

    f(m, n) = W (U_m + V_n)²                                                          (Eq. 1)
    U_ki = (2/N)^⅓ cos(2π i σ(k)/p + φ_u),  V_kj likewise with φ_v,
    W_qk = (2/N)^⅓ cos(2π q σ(k)/p + φ_u + φ_v)                                       (Eq. 2)

Here the scale of Eq. 2 is (2/N)^{+⅓}, for which f is near one at the right residue and near
zero elsewhere; the paper prints the exponent with the other sign, which rescales outputs and leaves accuracy as it is.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from redrawn.methods.grokking.modular_mlp import look_up, look_up_adjoint

Weights = tuple[Float[Tensor, "e 2p hidden"], Float[Tensor, "e hidden p"]]


def init_quadratic(
    p: int, hidden: int, ensemble: int, generator: torch.Generator, device="cpu"
) -> Weights:
    """Draw all weights from N(0, (16 N)^{-2/3}), N the number of hidden units.

    Raises:
        ValueError: no hidden unit.
    """
    if hidden < 1:
        raise ValueError(f"needs hidden units, got {hidden}")
    std = (16 * hidden) ** (-1 / 3)
    first = std * torch.randn((ensemble, 2 * p, hidden), generator=generator)
    second = std * torch.randn((ensemble, hidden, p), generator=generator)
    return first.to(device), second.to(device)


def quadratic(weights: Weights, pairs: Int[Tensor, "e n 2"]) -> Float[Tensor, "e n p"]:
    """Return the outputs f(m, n) of each network (Eq. 1)."""
    return look_up(weights[0], pairs).square() @ weights[1]


def quadratic_gradient(
    weights: Weights, pairs: Int[Tensor, "e n 2"], target: Float[Tensor, "e n p"]
) -> Weights:
    """Return the gradient of each network's mean squared error, as autograd would, but with half of its large tensors."""
    first, second = weights
    p, scale = target.shape[-1], 2 / target[0].numel()
    # products of 16 columns at a time are up to twice as fast: the added ones are zero and stay so
    second, target = (functional.pad(x, (0, -p % 16)) for x in (second, target))
    sums = look_up(first, pairs)
    squares = sums.square()
    error = torch.baddbmm(target, squares, second, beta=-1).mul_(scale)
    signal = (error @ second.mT).mul_(sums).mul_(2)
    slope = (squares.mT @ error)[..., :p].contiguous()
    return look_up_adjoint(signal, pairs, first.shape[1]), slope


def analytic_weights(p: int, hidden: int, ensemble: int, generator: torch.Generator) -> Weights:
    """Return the closed-form solution (Eq. 2): each neuron one random frequency and two random phases."""
    frequency = torch.randint(1, (p + 1) // 2, (ensemble, 1, hidden), generator=generator)
    phase = 2 * math.pi * torch.rand((2, ensemble, 1, hidden), generator=generator)
    angle = 2 * math.pi / p * torch.arange(p)[:, None] * frequency
    scale = (2 / hidden) ** (1 / 3)
    first = torch.cat([torch.cos(angle + phase[0]), torch.cos(angle + phase[1])], dim=1)
    second = torch.cos(angle + phase[0] + phase[1]).mT
    return scale * first, scale * second


def inverse_participation(weights: Weights) -> Float[Tensor, "e hidden"]:
    """Return each neuron's inverse participation ratio, Σ|x̃|⁴ / (Σ|x̃|²)², mean over its rows of U, V and W.

    x̃ is the one-sided Fourier transform along the residue, as in the authors' code: a cosine has ratio one, and
    white noise about 4/p.
    """
    first, second = weights
    p = second.shape[-1]
    ratios = []
    for rows in (first[:, :p], first[:, p:], second.mT):
        power = torch.fft.rfft(rows, dim=1).abs().square()
        ratios.append(power.square().sum(1) / power.sum(1).square().clamp_min(1e-30))
    return torch.stack(ratios).mean(0)
