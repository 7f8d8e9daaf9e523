"""Operations and time of a step by forward differences and by double backpropagation (Karakida et al.)."""

from statistics import median

import torch
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

from redrawn.methods import stability
from redrawn.studies.ensemble import generator


def ratios(device: str, width: int = 256, layers: int = 5, batch: int = 128) -> tuple[float, float]:
    """Return operations, and seconds (the median of several ratios), of a step by forward differences over double backpropagation."""
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
    operations = {}
    for name, way in ways.items():
        with FlopCounterMode(display=False) as counter:
            way()
        operations[name] = counter.get_total_flops()
    timers = {name: Timer("way()", globals={"way": way}) for name, way in ways.items()}
    # in pairs, so that what else the machine does slows both
    pairs = [[timers[name].timeit(1).mean for name in ("forward", "exact")] for _ in range(5)]
    return operations["forward"] / operations["exact"], median(f / e for f, e in pairs)
