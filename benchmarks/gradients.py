"""Conflicting gradients: ours against torchjd on the same Jacobians and network, in one run, interleaved, one core."""

import argparse
import copy
import math

import numpy as np
import torch
from report import medians, row, write
from torch.nn import functional
from torchjd import aggregation, autogram

from redrawn.methods import gradients
from redrawn.methods.gradients import gramian

EXAMPLES = 32


def gramians(width: int) -> dict:
    """Return the Gramian of the examples' gradients: ours, torchjd's, and by way of the whole Jacobian."""
    source = torch.Generator().manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(196, width), torch.nn.ELU(), torch.nn.Linear(width, 10)
    )
    x, y = torch.rand((EXAMPLES, 196), generator=source), torch.arange(EXAMPLES) % 10
    layers = [(net[i].weight.T[None].detach(), net[i].bias[None, None].detach()) for i in (0, 2)]
    hooked = copy.deepcopy(net)  # the engine expects every forward pass to be its own
    engine = autogram.Engine(hooked, batch_dim=0)
    parameters = dict(net.named_parameters())

    def ours():
        return gramian.gramian(*gramian.errors(layers, x[None], y[None])[:2])[0]

    def torchjd():
        return engine.compute_gramian(functional.cross_entropy(hooked(x), y, reduction="none"))

    def one(parameters, x, y):
        return functional.cross_entropy(torch.func.functional_call(net, parameters, x), y)

    def whole():
        rows = torch.func.vmap(torch.func.grad(one), (None, 0, 0))(parameters, x, y)
        jacobian = torch.cat([g.flatten(1) for g in rows.values()], 1)
        return jacobian @ jacobian.T

    for other in (torchjd, whole):  # the same quantity, else the comparison is void
        torch.testing.assert_close(ours(), other().detach(), atol=1e-5, rtol=1e-3)
    return {"ours": ours, "torchjd, autogram.Engine": torchjd, "the whole Jacobian": whole}


def aggregators(runs: int) -> dict:
    """Return the updates of Aligned-MTL and MGDA for `runs` Jacobians of 4 tasks: ours at once, torchjd's in turn."""
    j = np.random.default_rng(0).normal(size=(runs, 4, 50))
    tensors = [torch.tensor(one) for one in j]
    even = np.full((runs, 4), 0.25)
    aligned, mgda = aggregation.AlignedMTL(), aggregation.MGDA()
    return {
        "Aligned-MTL": (
            lambda: gradients.aligned_weights(j @ j.mT, even)[:, None] @ j,
            lambda: [aligned(one) for one in tensors],
        ),
        "MGDA": (
            lambda: gradients.mgda_weights(j @ j.mT)[:, None] @ j,
            lambda: [mgda(one) for one in tensors],
        ),
    }


def main() -> None:
    """Measure, print and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs=2, default=(64, 512))
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    torch.set_num_threads(1)
    times = {width: medians(gramians(width), given.rounds) for width in given.widths}
    low, high = times.values()
    span = math.log(given.widths[1] / given.widths[0])

    def growth(name: str) -> str:
        return f"width^{math.log(high[name] / low[name]) / span:.1f}"

    rows = [
        row(f"Gramian of {EXAMPLES} examples' gradients, 196 → {width} → 10", found["ours"],
            peer, found[peer], f"{growth('ours')}; theirs {growth(peer)}")
        for width, found in times.items() for peer in found if peer != "ours"
    ]  # fmt: skip
    for name, pair in aggregators(given.runs).items():
        found = medians(dict(zip(("ours", "torchjd"), pair, strict=True)), given.rounds)
        shape = f"{name}, {given.runs} Jacobians of 4 × 50"
        rows.append(row(shape, found["ours"], "torchjd", found["torchjd"]))
    write(__file__, "Conflicting gradients", rows)


if __name__ == "__main__":
    main()
