"""SIREN's training step as a share of this machine's matrix-multiply peak, in one run, interleaved.

The work is the paper's own: 256 × 256 pixels, three hidden layers of 256, one core. Peak is torch's own
square product in float32; a step counts its matrix products only (forward, and two backward per layer).
"""

import argparse
import itertools

import torch
from report import medians, row, write

from redrawn.methods import implicit


def main() -> None:
    """Measure, print and keep the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=256, help="pixels along an edge")
    parser.add_argument("--width", type=int, default=256, help="units of a hidden layer")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    widths = [2, *[given.width] * 4, 1]
    stacked = implicit.init_siren(widths, 1, generator)
    layers = [(w[0], b[0, 0]) for w, b in stacked]
    into = [(torch.empty_like(w), torch.empty_like(b)) for w, b in layers]
    x = torch.rand(given.side**2, 2, generator=generator) * 2 - 1
    y = torch.rand(given.side**2, 1, generator=generator)
    square = torch.rand(2048, 2048, generator=generator)
    parameters = [
        p.requires_grad_() for pair in implicit.init_siren(widths, 1, generator) for p in pair
    ]
    pairs = list(zip(parameters[::2], parameters[1::2], strict=True))

    def by_autograd():
        loss = (implicit.siren(pairs, x[None]) - y).square().mean()
        torch.autograd.grad(loss, parameters)

    work = {
        "peak": lambda: torch.mm(square, square),
        "by hand": lambda: implicit.siren_step(layers, x, y, into),
        "autograd": by_autograd,
    }
    products = [2 * n * m * given.side**2 for n, m in itertools.pairwise(widths)]
    # forward, weight gradient, and (not for the coordinates) input gradient
    step = 3 * sum(products) - products[0]
    flops = {"peak": 2 * 2048**3, "by hand": step, "autograd": step}
    times = medians(work, given.rounds)
    rates = {name: flops[name] / seconds for name, seconds in times.items()}
    share, plain = (
        f"{rates[name] / rates['peak']:.0%} of the multiply peak"
        for name in ("by hand", "autograd")
    )
    shape = f"SIREN's training step, {given.side}² pixels, three hidden layers of {given.width}"
    note = f"{share}; autograd {plain}"
    write(
        __file__, "SIREN", [row(shape, times["by hand"], "autograd", times["autograd"], note=note)]
    )


if __name__ == "__main__":
    main()
