"""SIREN's training step by hand: squared error and parameter gradients, chunk by chunk of pixels.

Same function as eq. 4 of Sitzmann et al. (NeurIPS 2020), differentiated on paper. With z_i = ω₀(W_i h_{i-1} + b_i)
and h_i = sin z_i, the backward pass needs cos z_i only; both are taken from z_i while it is in the cache.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from redrawn.methods.implicit.sine_cosine import sine_and_cosine_


def siren_step(
    layers: list[tuple[Float[Tensor, "inputs outputs"], Float[Tensor, " outputs"]]],
    x: Float[Tensor, "n d"],
    target: Float[Tensor, "n channels"],
    gradients: list[tuple[Float[Tensor, "inputs outputs"], Float[Tensor, " outputs"]]],
    omega0: float = 30.0,
    chunk: int = 512,
) -> Float[Tensor, ""]:
    """Compute one network's mean squared error and write its parameter gradients.

    Args:
        layers: weight and bias of each layer, inputs first.
        x: coordinates.
        target: wanted outputs.
        gradients: tensors of the layers' shapes; overwritten by ∂loss/∂weight and ∂loss/∂bias.
        omega0: frequency ω₀.
        chunk: pixels taken at once; the activations of a chunk should fit in the cache.

    Returns:
        The mean over points and channels of (Φ(x) - target)².

    Raises:
        ValueError: no point, a chunk below one, or as many targets as not points.
    """
    if len(x) == 0 or chunk < 1 or len(x) != len(target):
        raise ValueError(f"{len(x)} points, {len(target)} targets, chunks of {chunk}")
    for pair in gradients:
        for gradient in pair:
            gradient.zero_()
    scaled = [(omega0 * w.detach(), omega0 * b.detach()) for w, b in layers[:-1]]
    last, offset = (p.detach() for p in layers[-1])
    rows = min(chunk, len(x))
    empty = [x.new_empty(rows, w.shape[1]) for w, _ in scaled]
    workspace = (empty, *([torch.empty_like(e) for e in empty] for _ in range(2)))
    ones = x.new_ones(rows)
    loss = x.new_zeros(())
    for start in range(0, len(x), chunk):
        part, wanted = x[start : start + chunk], target[start : start + chunk]
        sines, cosines, slopes = ([b[: len(part)] for b in buffers] for buffers in workspace)
        below = part
        for (weight, bias), sine, cosine in zip(scaled, sines, cosines, strict=True):
            torch.addmm(bias, below, weight, out=sine)
            sine_and_cosine_(sine, cosine)
            below = sine
        residual = torch.addmm(offset, below, last).sub_(wanted)
        loss += residual.square().sum()
        residual *= 2 / target.numel()
        gradients[-1][0].addmm_(below.T, residual)
        gradients[-1][1].add_(residual.sum(0))
        slope = torch.mm(residual, last.T, out=slopes[-1])
        for i in reversed(range(len(scaled))):
            slope *= cosines[i]  # ∂loss/∂z_i
            gradients[i][0].addmm_((sines[i - 1] if i else part).T, slope)
            gradients[i][1].addmv_(slope.T, ones[: len(part)])
            if i:
                slope = torch.mm(slope, scaled[i][0].T, out=slopes[i - 1])
    for weight, bias in gradients[:-1]:  # z is ω₀ times what the parameters make
        weight *= omega0
        bias *= omega0
    return loss / target.numel()


class SirenSquaredError(torch.autograd.Function):
    """`siren_step` as a node of autograd, for an ensemble: its value already holds its gradients."""

    @staticmethod
    def forward(ctx, x, target, omega0, chunk, *parameters):
        """Return each network's mean squared error, shape (e,)."""
        gradients = [torch.empty_like(p) for p in parameters]
        losses = []
        for i in range(parameters[0].shape[0]):
            mine = [p[i] if k % 2 == 0 else p[i, 0] for k, p in enumerate(parameters)]
            grad = [g[i] if k % 2 == 0 else g[i, 0] for k, g in enumerate(gradients)]
            pairs = list(zip(mine[::2], mine[1::2], strict=True))
            into = list(zip(grad[::2], grad[1::2], strict=True))
            losses.append(siren_step(pairs, x, target, into, omega0, chunk))
        ctx.save_for_backward(*gradients)
        return torch.stack(losses)

    @staticmethod
    def backward(ctx, upstream):
        """Return the stored gradients times what comes from above, network by network."""
        weights = upstream[:, None, None]
        return (None, None, None, None, *(weights * g for g in ctx.saved_tensors))


def siren_squared_error(
    layers, x: Float[Tensor, "n d"], target: Float[Tensor, "n channels"], omega0=30.0, chunk=512
) -> Float[Tensor, " e"]:
    """Return the mean squared error of each SIREN of an ensemble that shares its coordinates.

    Differentiable in the parameters once, not in `x`; for derivatives use `siren` and autograd.
    """
    flat = [p for layer in layers for p in layer]
    return SirenSquaredError.apply(x, target, omega0, chunk, *flat)
