"""Derivatives of a field with respect to its coordinates.

`gradient` and `laplacian` differentiate any field by autograd. `mlp_jet` carries (f, ∇f, Δf) forward through a
network in closed form. With z = Wh + b and h' = φ(z), for each coordinate i

    ∂_i h' = φ'(z) ∂_i z,     Δh' = φ'(z) Δz + φ''(z) Σ_i (∂_i z)²,

so that training on derivatives (Sitzmann et al., NeurIPS 2020, Sec. 4.1) costs one reverse pass.
"""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.implicit.sine_cosine import sine_cosine

Field = Callable[[Tensor], Tensor]


def gradient(
    field: Field, x: Float[Tensor, "e n d"], create_graph: bool = False
) -> Float[Tensor, "e n d"]:
    """Return ∇f at each point; `field` maps (e, n, d) to (e, n, 1), each point on its own."""
    x = x if x.requires_grad else x.clone().requires_grad_()
    (found,) = torch.autograd.grad(field(x).sum(), x, create_graph=create_graph)
    return found


def laplacian(
    field: Field, x: Float[Tensor, "e n d"], create_graph: bool = False
) -> Float[Tensor, "e n 1"]:
    """Return Δf = Σ ∂²f/∂x_i² at each point; zero where f is affine, as between a ReLU net's kinks."""
    x = x if x.requires_grad else x.clone().requires_grad_()
    slope = gradient(field, x, create_graph=True)
    if not slope.requires_grad:  # f is linear: autograd kept no graph
        return torch.zeros_like(slope[..., :1])
    total = torch.zeros_like(slope[..., 0])
    for i in range(x.shape[-1]):
        (second,) = torch.autograd.grad(
            slope[..., i].sum(), x, create_graph=create_graph, retain_graph=True, allow_unused=True
        )
        if second is not None:
            total = total + second[..., i]
    return total[..., None]


def sine_rule(z: Tensor, omega0: float = 30.0) -> tuple[Tensor, Tensor, Tensor]:
    """Return sin(ω₀z) and its first two derivatives."""
    sine, cosine = sine_cosine(omega0 * z)
    return sine, omega0 * cosine, -(omega0**2) * sine


def relu_rule(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return max(z, 0) and its first two derivatives, the second being zero off the kink."""
    return torch.relu(z), (z > 0).to(z.dtype), torch.zeros_like(z)


def tanh_rule(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return tanh z and its first two derivatives."""
    value = torch.tanh(z)
    first = 1 - value.square()
    return value, first, -2 * value * first


def softplus_rule(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return log(1 + eᶻ) and its first two derivatives."""
    first = torch.sigmoid(z)
    return torch.nn.functional.softplus(z), first, first * (1 - first)


RULES: dict[str, Callable[..., tuple[Tensor, Tensor, Tensor]]] = {
    "sine": sine_rule,
    "relu": relu_rule,
    "tanh": tanh_rule,
    "softplus": softplus_rule,
}


def coordinate_jet(x: Float[Tensor, "e n d"], order: int = 2) -> Float[Tensor, "e jets n d"]:
    """Return the jet of the coordinates themselves: x, one unit vector a coordinate, and (order 2) zero.

    Raises:
        ValueError: `order` is neither 1 nor 2.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    units = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    units = units[None, :, None, :].expand(x.shape[0], -1, x.shape[1], -1)
    zero = [torch.zeros_like(x)[:, None]] if order == 2 else []
    return torch.cat([x[:, None], units, *zero], dim=1)


def mlp_jet(
    layers, jet: Float[Tensor, "e jets n d"], rule: str, inputs: int = 2, omega0: float = 30.0
) -> Float[Tensor, "e jets n outputs"]:
    """Carry a jet through a network: value, `inputs` first derivatives, and the Laplacian if it is there.

    Args:
        layers: weights (e, inputs, outputs) and biases (e, 1, outputs).
        jet: of the first layer's inputs, from `coordinate_jet` or `positional_encoding_jet`.
        rule: a key of `RULES`.
        inputs: number of coordinates.
        omega0: ω₀ of a sine network, ignored for others.

    Raises:
        ValueError: unknown rule, or a jet of another number of parts than 1 + inputs or 2 + inputs.
    """
    if rule not in RULES or jet.shape[1] - inputs not in (1, 2):
        raise ValueError(f"rule {rule!r} on {jet.shape[1]} parts of {inputs} inputs")
    phi = partial(sine_rule, omega0=omega0) if rule == "sine" else RULES[rule]
    last = len(layers) - 1
    for i, (weight, bias) in enumerate(layers):
        e, jets, n, _ = jet.shape
        z = torch.bmm(jet.reshape(e, jets * n, -1), weight).reshape(e, jets, n, -1)
        # one split: the gradient of each slice by itself would be a whole array of zeros
        value, slopes, curve = z.split([1, inputs, jets - 1 - inputs], dim=1)
        value = value + bias[:, None]
        if i < last:
            value, first, second = phi(value)
            squares = slopes.square().sum(1, keepdim=True) if jets == 2 + inputs else None
            slopes = first * slopes
        parts = [value, slopes]
        if jets == 2 + inputs:
            parts.append(curve if i == last else first * curve + second * squares)
        jet = torch.cat(parts, dim=1)
    return jet
