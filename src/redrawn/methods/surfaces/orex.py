"""OReX: a solid from planar slices by an iterated neural field (Sawdayee, Vaxman, Bermano; CVPR 2023).

The field refines its own answer: at each of k iterations one shared network reads the coordinates, their
encoding at learned frequencies, the logit so far and a hidden state that carries the iteration's
code; it returns a correction of the logit and the next state. A logit above zero is outside, below inside.
"""

import itertools

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from redrawn.methods.implicit.siren import Layer

HINGE = 100.0
"""Slope of the logit, per unit of length, above which it is held back."""


def init_orex(
    dimension: int,
    width: int,
    depth: int,
    state: int,
    octaves: int,
    ensemble: int,
    generator: torch.Generator,
    device="cpu",
) -> dict:
    """Draw an ensemble: Xavier-uniform weights, U(0, 1) biases, frequencies 2⁰ … 2^(octaves-1)."""  # fmt: skip

    def uniform(*shape):
        return torch.rand(shape, generator=generator, device=generator.device).to(device)

    inputs = dimension * (1 + 2 * octaves) + 1 + state
    widths = [inputs, *[width] * depth, 1 + state]
    layers: list[Layer] = []
    for n, m in itertools.pairwise(widths):
        bound = (6 / (n + m)) ** 0.5
        layers.append(((2 * uniform(ensemble, n, m) - 1) * bound, uniform(ensemble, 1, m)))
    frequencies = 2.0 ** torch.arange(octaves, device=device)
    return {
        "layers": layers,
        "frequencies": frequencies.expand(ensemble, octaves).clone(),
        "logit": torch.zeros(ensemble, 1, 1, device=device),
        "state": torch.zeros(ensemble, 1, state, device=device),
    }


def parameters(net: dict) -> list[Tensor]:
    """Return every trained tensor."""
    own = [net["frequencies"], net["logit"], net["state"]]
    return own + [p for layer in net["layers"] for p in layer]


def iteration_code(index: int, size: int, like: Tensor) -> Float[Tensor, " size"]:
    """Return the Fourier code of an iteration's number, added to the hidden state."""
    octave = 2.0 ** torch.arange(size // 2, device=like.device, dtype=like.dtype)
    angle = octave * index / 2.0 ** (size // 2)
    return torch.cat([torch.sin(angle), torch.cos(angle)])


def orex(net: dict, x: Float[Tensor, "e n d"], iterations: int) -> list[Float[Tensor, "e n"]]:
    """Return the logit after each iteration, last one last.

    Raises:
        ValueError: fewer than one iteration.
    """
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    angles = (x[..., None] * net["frequencies"][:, None, None, :]).flatten(-2)
    features = torch.cat([x, torch.cos(angles), torch.sin(angles)], dim=-1)
    e, n, _ = x.shape
    logit = net["logit"].expand(e, n, 1)
    state = net["state"].expand(e, n, -1)
    found = []
    for i in range(iterations):
        coded = state + iteration_code(i, state.shape[-1], state)
        h = torch.cat([features, logit, coded], dim=-1)
        for weight, bias in net["layers"][:-1]:
            h = functional.leaky_relu(torch.baddbmm(bias, h, weight))
        weight, bias = net["layers"][-1]
        h = torch.baddbmm(bias, h, weight)
        # one split: the gradient of each slice by itself would be a whole array of zeros
        correction, state = h.split([1, h.shape[-1] - 1], dim=-1)
        logit = logit + correction
        found.append(logit[..., 0])
    return found


def orex_loss(
    net: dict,
    x: Float[Tensor, "e n d"],
    label: Float[Tensor, "e n"],
    iterations: int,
    hinge_weight: float = 1e-4,
) -> Float[Tensor, " e"]:
    """Return each network's loss: cross-entropy averaged over iterations, and the hinge on ‖∇logit‖.

    Labels are 0 inside, 1 outside, 1/2 on a contour.
    """  # fmt: skip
    x = x.detach().requires_grad_()
    logits = orex(net, x, iterations)
    entropy = sum(
        functional.binary_cross_entropy_with_logits(z, label, reduction="none").mean(1)
        for z in logits
    ) / len(logits)
    if not hinge_weight:
        return entropy
    (slope,) = torch.autograd.grad(logits[-1].sum(), x, create_graph=True)
    return entropy + hinge_weight * (slope.norm(dim=-1) - HINGE).clamp_min(0).mean(1)
