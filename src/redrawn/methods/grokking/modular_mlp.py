"""The network of Prieto et al. (ICLR 2025) for modular addition: two one-hot inputs, ReLU layers, no biases.

    f(a, b) = W₃ relu(W₂ relu(U_a + V_b))

A product with a one-hot vector picks a row, so the first layer is a look-up. Without biases f is homogeneous:
f((1 + α) θ) = (1 + α)³ f(θ) (Eq. 8).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional


def all_pairs(p: int) -> tuple[Int[Tensor, "p² 2"], Int[Tensor, "p²"]]:
    """Return all ordered pairs of residues, and their sums modulo p.

    Raises:
        ValueError: p below 2.
    """
    if p < 2:
        raise ValueError(f"a modulus is at least 2, got {p}")
    pairs = torch.cartesian_prod(torch.arange(p), torch.arange(p))
    return pairs, pairs.sum(1) % p


def init_mlp(
    p: int, width: int, ensemble: int, generator: torch.Generator, device="cpu"
) -> list[Float[Tensor, "e inputs outputs"]]:
    """Draw weights U(±1/√inputs), torch's default; the first tensor holds U's rows, then V's."""
    sizes = [(2 * p, width), (width, width), (width, p)]
    return [
        ((2 * torch.rand((ensemble, n, m), generator=generator) - 1) * n**-0.5).to(device)
        for n, m in sizes
    ]


def _places(pairs: Int[Tensor, "e n 2"], inputs: int) -> tuple[Tensor, Tensor]:
    """Return where each pair's rows of U and of V stand among the rows of all networks, (e, n) each."""
    start = inputs * torch.arange(len(pairs), device=pairs.device)[:, None]
    return start + pairs[..., 0], start + inputs // 2 + pairs[..., 1]


def look_up(
    rows: Float[Tensor, "e inputs h"], pairs: Int[Tensor, "e n 2"]
) -> Float[Tensor, "e n h"]:
    """Return U_a + V_b, where `rows` holds U above V."""
    first, second = _places(pairs, rows.shape[1])
    flat = rows.flatten(0, 1)
    return functional.embedding(first, flat) + functional.embedding(second, flat)


def look_up_adjoint(
    signal: Float[Tensor, "e n h"], pairs: Int[Tensor, "e n 2"], inputs: int
) -> Float[Tensor, "e inputs h"]:
    """Return the gradient that reaches the rows when `signal` reaches what was looked up."""
    e, n, h = signal.shape
    flat = signal.new_zeros(e * inputs, h)
    for place in _places(pairs, inputs):
        flat.index_add_(0, place.flatten(), signal.reshape(e * n, h))
    return flat.view(e, inputs, h)


def mlp(
    weights: list[Float[Tensor, "e inputs outputs"]], pairs: Int[Tensor, "e n 2"]
) -> Float[Tensor, "e n p"]:
    """Return the logits of each network at its own pairs."""
    h = look_up(weights[0], pairs).relu()
    return (h @ weights[1]).relu() @ weights[2]
