"""A step of our AMSGrad against that of torch.optim, one core; the growth exponent is that of time against parameters.

Torch divides both averages by 1 - βᵗ and ours, as its paper writes it, does not: two scalars of difference in the work. With
the second average's share made one, ours is that of torch to rounding, which is checked first.
"""

import argparse
import math

import torch
from report import medians, row, write

from redrawn.methods.optimizers import AMSGrad

SIZES = (10_000, 1_000_000)
SLOWER = "ours is written as the formula stands, with temporaries that count from a megabyte on; chapters' networks have a hundredth"
LAYERS = 10
STEPS = 20


def steps(make, size: int):
    """Return a call that makes `STEPS` steps of an optimizer on `LAYERS` parameters of `size` numbers together."""
    source = torch.Generator().manual_seed(0)
    held = [torch.randn(size // LAYERS, generator=source) for _ in range(LAYERS)]
    for p in held:
        p.grad = torch.randn(p.shape, generator=source)
    optimizer = make(held)

    def call():
        for _ in range(STEPS):
            optimizer.step()

    return call, held


def check() -> None:
    """Fail unless ours and torch's agree where their definitions do: after many steps the corrections are one."""
    found = []
    for make in (AMSGrad, lambda held, **options: torch.optim.Adam(held, amsgrad=True, **options)):
        _, held = steps(lambda h, make=make: found.append(make(h, lr=1e-3, betas=(0.5, 0.5))), 1000)
        for _ in range(100):
            found[-1].step()
        before = [p.clone() for p in held]
        found[-1].step()
        found[-1] = torch.cat([p - b for p, b in zip(held, before, strict=True)])
    torch.testing.assert_close(*found, atol=1e-8, rtol=1e-4)


def main() -> None:
    """Measure, print and keep."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    check()
    peers = {
        "ours": lambda held: AMSGrad(held, lr=1e-4),
        "torch.optim.Adam, amsgrad": lambda held: torch.optim.Adam(held, lr=1e-4, amsgrad=True),
        "the same, foreach": lambda held: torch.optim.Adam(
            held, lr=1e-4, amsgrad=True, foreach=True
        ),
    }
    times = {
        n: medians({name: steps(make, n)[0] for name, make in peers.items()}, 15) for n in SIZES
    }
    slope = {
        name: math.log(times[SIZES[1]][name] / times[SIZES[0]][name])
        / math.log(SIZES[1] / SIZES[0])
        for name in peers
    }
    rows = [
        row(f"{STEPS} steps of AMSGrad, {n:,} parameters in {LAYERS} layers", found["ours"], name, found[name],
            f"n^{slope['ours']:.1f}; theirs n^{slope[name]:.1f}",
            SLOWER if found["ours"] > found[name] else "")
        for n, found in times.items() for name in list(peers)[1:]
    ]  # fmt: skip
    write(__file__, "Optimizers", rows)


if __name__ == "__main__":
    main()
