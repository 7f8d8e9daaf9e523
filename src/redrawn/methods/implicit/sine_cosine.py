"""Sine and cosine of one argument together, each the other's derivative: the inner loop of every SIREN."""

import numpy as np
import torch
from torch import Tensor


def sine_and_cosine_(z: Tensor, cosine: Tensor) -> None:
    """Write cos z to `cosine` and replace z by sin z."""
    if z.device.type == "cpu":
        # numpy's vector kernels take a third of torch's time on a CPU; both share the memory
        array = z.detach().numpy()
        np.cos(array, out=cosine.numpy())
        np.sin(array, out=array)
    else:
        torch.cos(z, out=cosine)
        z.sin_()


class _SineCosine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        sine, cosine = (
            z.detach().clone(memory_format=torch.contiguous_format),
            torch.empty_like(z, memory_format=torch.contiguous_format),
        )
        sine_and_cosine_(sine, cosine)
        ctx.save_for_backward(sine, cosine)
        return sine, cosine

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, to_sine, to_cosine):
        sine, cosine = ctx.saved_tensors
        return to_sine * cosine - to_cosine * sine


def sine_cosine(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return sin z and cos z, differentiable once."""
    return _SineCosine.apply(z)
