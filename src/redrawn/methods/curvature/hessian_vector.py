"""Products of a Hessian with vectors, without the Hessian (Pearlmutter, Neural Computation 6, 1994).

H v is the derivative of the gradient along v: one forward-mode pass through reverse mode, at a small multiple of
the cost of a gradient. Parameters are one flat vector or a dict of tensors, as `torch.func.functional_call` takes.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

Parameters = TypeVar("Parameters", Tensor, dict[str, Tensor])


def hessian_vector_product(
    loss: Callable[[Parameters], Float[Tensor, ""]], parameters: Parameters, vector: Parameters
) -> Parameters:
    """Return H v in the form of the parameters.

    The Hessian of a sum over networks that share nothing is block-diagonal: with parameters of shape (e, n) and the
    sum of their losses, row i is the product of network i's own Hessian with row i of the vector.

    Args:
        loss: twice differentiable; what it closes over is constant.
        parameters: where the Hessian is taken.
        vector: of the same form and shapes.

    Raises:
        ValueError: forms or shapes differ.
    """
    if _shapes(parameters) != _shapes(vector):
        raise ValueError(f"parameters {_shapes(parameters)}, but vector {_shapes(vector)}")
    return torch.func.jvp(torch.func.grad(loss), (parameters,), (vector,))[1]


def hessian_operator(
    loss: Callable[[Parameters], Float[Tensor, ""]], parameters: Parameters, chunk: int = 16
) -> Callable[[Float[Tensor, "*k n"]], Float[Tensor, "*k n"]]:
    """Return v ↦ H v on flat vectors, or on the rows of a matrix; what Lanczos and the trace estimators take.

    Args:
        loss: twice differentiable, of the parameters.
        parameters: where the Hessian is taken; a dict is laid out flat in its own order (see `flatten`).
        chunk: rows that are multiplied side by side; memory grows with it.
    """
    _, restore = flatten(parameters)

    def single(vector):
        product = hessian_vector_product(loss, parameters, restore(vector))
        return flatten(product)[0]

    rows = torch.func.vmap(single, chunk_size=chunk)

    def operator(vector):
        return single(vector) if vector.ndim == 1 else rows(vector)

    return operator


def flatten(
    parameters: Parameters,
) -> tuple[Float[Tensor, " n"], Callable[[Float[Tensor, " n"]], Parameters]]:
    """Return all parameters as one vector, and the function that undoes it for any vector of that length."""
    if isinstance(parameters, Tensor):
        shape = parameters.shape
        return parameters.reshape(-1), lambda flat: flat.reshape(shape)
    shapes = _shapes(parameters)
    sizes = [shape.numel() for shape in shapes.values()]

    def restore(flat):
        parts = flat.split(sizes)
        return {name: p.reshape(s) for (name, s), p in zip(shapes.items(), parts, strict=True)}

    return torch.cat([p.reshape(-1) for p in parameters.values()]), restore


def _shapes(parameters: Parameters):
    if isinstance(parameters, Tensor):
        return parameters.shape
    return {name: p.shape for name, p in parameters.items()}
