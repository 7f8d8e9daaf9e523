"""A deconvnet (Zeiler and Fergus, 2014): a convolutional network run backwards, layer by layer.

Convolutions are transposed, a pooling puts a value back where its maximum was, and a ReLU cuts the signal that comes
back. Without the last it is the gradient (Simonyan, Vedaldi and Zisserman, 2013, Sec. 4).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


@torch.no_grad()
def deconvnet(
    network: nn.Sequential, x: Float[Tensor, "n c h w"], labels: Tensor
) -> Float[Tensor, "n c h w"]:
    """Return what the class of each sample projects to in the input.

    Raises:
        TypeError: a layer other than convolution, pooling without overlap, full connection, flattening, ReLU and identity.
    """
    shapes, switches, hidden = [], [], x
    for layer in network:
        shapes.append(hidden.shape)
        found = None
        if isinstance(layer, nn.MaxPool2d):
            size, stride = layer.kernel_size, layer.stride
            hidden, found = F.max_pool2d(hidden, size, stride, return_indices=True)
        else:
            hidden = layer(hidden)
        switches.append(found)
    signal = F.one_hot(labels, hidden.shape[1]).to(hidden.dtype)
    for layer, shape, at in reversed(list(zip(network, shapes, switches, strict=True))):
        match layer:
            case nn.Linear():
                signal = signal @ layer.weight
            case nn.Conv2d():
                signal = F.conv_transpose2d(signal, layer.weight, None, layer.stride, layer.padding)
            case nn.MaxPool2d():
                signal = F.max_unpool2d(signal, at, layer.kernel_size, layer.stride, 0, shape[2:])
            case nn.ReLU():
                signal = signal.clamp_min(0)
            case nn.Flatten() | nn.Identity():
                signal = signal.view(shape)
            case _:
                raise TypeError(f"a deconvnet has no {type(layer).__name__}")
    return signal
