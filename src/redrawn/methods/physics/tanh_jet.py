"""A tanh network with its derivatives u, u_x, u_t, … and u_xx, carried forward in closed form.

With z = Wh + b, a = tanh z and s = 1 - a², one layer maps a jet (h, ∂_i h, ∂_x² h) to

    a,    s ∂_i z,    s (∂_x² z - 2a (∂_x z)²),

the truncated Taylor series of the layer. The reverse pass through these three rules is written out as well, so that
a gradient of any loss of the jet costs one pass forward and one back, without a graph of derivatives of derivatives.
The networks are those of Raissi et al. (arXiv 1711.10561), whose residuals need these derivatives only.
"""

import itertools

import torch
from jaxtyping import Float
from torch import Tensor

Jet = Float[Tensor, "features jets n"]
"""Value, one first derivative a coordinate, and the second derivative along the first coordinate x."""


def coordinates(points: Float[Tensor, "n d"], low=-1.0, high=1.0) -> Jet:
    """Return the jet of coordinates that are scaled from [low, high] to [-1, 1]: (d, d + 2, n).

    Args:
        points: x first, then the others.
        low: lower ends, one number or one a coordinate.
        high: upper ends.
    """
    n, d = points.shape
    low, high = (points.new_tensor(end).expand(d) for end in (low, high))
    jet = points.new_zeros(d, d + 2, n)
    jet[:, 0] = (2 * (points - low) / (high - low) - 1).T
    for i in range(d):
        jet[i, 1 + i] = 2 / (high[i] - low[i])
    return jet


def glorot(
    widths: list[int], generator: torch.Generator, device="cpu", dtype=torch.float64
) -> list[Tensor]:
    """Draw W (outputs, inputs) and b = 0 of each layer, W normal of deviation √(2/(inputs + outputs)), cut at 2 of it."""
    found = []
    for inputs, outputs in itertools.pairwise(widths):
        deviation = (2 / (inputs + outputs)) ** 0.5
        weight = torch.empty(outputs, inputs, dtype=torch.float64)
        torch.nn.init.trunc_normal_(
            weight, 0, deviation, -2 * deviation, 2 * deviation, generator=generator
        )
        found += [weight, torch.zeros(outputs)]
    return [p.to(device, dtype).requires_grad_() for p in found]


class _TanhJet(torch.autograd.Function):
    @staticmethod
    def forward(ctx, jet, *parameters):
        kept = []
        last = len(parameters) // 2 - 1
        for i in range(last + 1):
            weight, bias = parameters[2 * i : 2 * i + 2]
            features, jets, n = jet.shape
            z = (weight @ jet.reshape(features, jets * n)).view(-1, jets, n)
            z[:, 0] += bias[:, None]
            kept.append(jet)
            if i == last:
                ctx.save_for_backward(*kept, *parameters)
                ctx.layers = last + 1
                return z
            out = torch.empty_like(z)
            a = torch.tanh(z[:, 0], out=out[:, 0])
            slope = 1 - a * a
            torch.mul(z[:, 1:], slope[:, None], out=out[:, 1:])
            # s z_xx - 2 a (s z_x) z_x
            out[:, -1].addcmul_(a * out[:, 1], z[:, 1], value=-2)
            kept += [z, slope]
            jet = out

    @staticmethod
    def backward(ctx, upstream):
        layers = ctx.layers
        kept, parameters = ctx.saved_tensors[: 3 * layers - 2], ctx.saved_tensors[3 * layers - 2 :]
        gradients = [None] * len(parameters)
        g = upstream.contiguous()
        for i in reversed(range(layers)):
            jet, weight = kept[3 * i], parameters[2 * i]
            features, jets, n = jet.shape
            if i < layers - 1:
                z, slope, a = kept[3 * i + 1], kept[3 * i + 2], kept[3 * i + 3][:, 0]
                bend = g[:, -1] * z[:, 1]  # g_xx z_x
                value = (g[:, 1:] * z[:, 1:]).sum(1).mul_(a)
                value.addcmul_(bend * z[:, 1], 1 - 3 * a * a)
                # the gradient of a is this pass's own array: it becomes that of z in place
                g[:, 0].sub_(value, alpha=2)
                g[:, 1].addcmul_(a, bend, value=-4)
                g *= slope[:, None]
            flat = g.view(-1, jets * n)
            gradients[2 * i] = flat @ jet.reshape(features, jets * n).T
            gradients[2 * i + 1] = g[:, 0].sum(1)
            if i or ctx.needs_input_grad[0]:
                g = (weight.T @ flat).view(features, jets, n)
        return (g if ctx.needs_input_grad[0] else None), *gradients


def tanh_jet(parameters: list[Tensor], jet: Jet) -> Jet:
    """Return the network's outputs with their derivatives, (outputs, jets, n); differentiable once.

    Args:
        parameters: weight and bias of each layer, as from `glorot`; the last layer is linear.
        jet: of the inputs, from `coordinates` or any features of the coordinates.

    Raises:
        ValueError: the jet has no first and second derivative, or not as many features as the first layer.
    """
    if jet.shape[1] < 3 or jet.shape[0] != parameters[0].shape[1]:
        raise ValueError(f"a jet of shape {tuple(jet.shape)} for weights {parameters[0].shape}")
    return _TanhJet.apply(jet.contiguous(), *parameters)


def tanh_values(parameters: list[Tensor], x: Float[Tensor, "*e features n"]) -> Tensor:
    """Return the network's outputs alone, (outputs, n), or those of many networks at once, (e, outputs, n)."""
    for i in range(0, len(parameters), 2):
        x = parameters[i] @ x + parameters[i + 1][..., None]
        x = torch.tanh(x) if i < len(parameters) - 2 else x
    return x
