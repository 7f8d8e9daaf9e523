"""Operations and time of a step by forward differences and by double backpropagation (Karakida et al.)."""

from time import process_time

import torch
from torch.utils.flop_counter import FlopCounterMode

from redrawn.methods import stability
from redrawn.studies.ensemble import generator


def ratios(device: str, width: int = 256, layers: int = 5, batch: int = 128) -> tuple[float, float]:
    """Return operations, and seconds (the least of several), of a step by forward differences over double backpropagation."""
    source = generator(0)
    w = (torch.randn(layers, width, width, generator=source) / width**0.5).to(device)
    x, y = torch.randn(2, batch, width, generator=source).to(device)

    def loss(w):
        h = x
        for matrix in w.unbind():
            h = (h @ matrix).tanh()
        return (h - y).square().mean()

    def gradient(w):
        w = w.detach().requires_grad_()
        return torch.autograd.grad(loss(w), w)[0]

    ways = {"forward": lambda: stability.difference(gradient, w, 0.1),
            "exact": lambda: stability.double_backpropagation(loss, w)}  # fmt: skip
    operations, seconds = {}, {}
    for name, way in ways.items():
        with FlopCounterMode(display=False) as counter:
            way()
        operations[name] = counter.get_total_flops()
        times = []
        for _ in range(9):
            begin = process_time()
            way()
            times.append(process_time() - begin)
        seconds[name] = min(times)
    return tuple(found["forward"] / found["exact"] for found in (operations, seconds))
