"""Seeds side by side in one tensor against one after another, in one run, interleaved, one core.

The work is that of the chapter on grokking: full-batch Adam on the quadratic network for modular addition.
"""

import argparse
import math

import torch
from report import medians, row, write

from redrawn.methods import grokking
from redrawn.studies import ensemble

HIDDEN, STEPS = 64, 5


def training(p: int, seeds: int):
    """Return a function that makes some steps of as many networks."""
    source = ensemble.generator(0)
    pairs, labels = grokking.all_pairs(p)
    weights = grokking.init_quadratic(p, HIDDEN, seeds, source)
    parameters = list(weights)

    def loss():
        logits = grokking.quadratic(weights, pairs.expand(seeds, -1, -1))
        return ensemble.cross_entropy(logits, labels.expand(seeds, -1))

    return lambda: ensemble.train(parameters, loss, STEPS, 1e-3)


def main() -> None:
    """Measure, print and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moduli", type=int, nargs=2, default=(11, 31))
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    times = {}
    for p in given.moduli:
        together = training(p, given.seeds)
        alone = [training(p, 1) for _ in range(given.seeds)]
        work = {"together": together, "in turn": lambda alone=alone: [one() for one in alone]}
        times[p] = medians(work, given.rounds)
    low, high = (times[p] for p in given.moduli)
    span = math.log(given.moduli[1] / given.moduli[0])
    growth = {name: f"p^{math.log(high[name] / low[name]) / span:.1f}" for name in low}
    rows = [
        row(f"{STEPS} steps of {given.seeds} networks, addition modulo {p}", found["together"],
            "one seed after another", found["in turn"], f"{growth['together']}; theirs {growth['in turn']}")
        for p, found in times.items()
    ]  # fmt: skip
    write(__file__, "Seeds", rows)


if __name__ == "__main__":
    main()
