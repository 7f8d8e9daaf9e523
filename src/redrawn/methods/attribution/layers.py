"""Features of chosen layers, kept while a network runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def recorded(layers: list[nn.Module]) -> Iterator[list[tuple[nn.Module, Tensor, Tensor]]]:
    """Give a list to which each call of one of the layers adds (layer, its input, its output), in order.

    A layer that a network calls twice stands there twice.
    """
    calls = []
    handles = [
        layer.register_forward_hook(lambda m, given, out: calls.append((m, given[0], out)))
        for layer in layers
    ]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()
