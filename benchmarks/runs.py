"""Running chapters: two workers against one, and a run that has nothing to do, in one session, alternating."""

import argparse
import statistics
import sys
from pathlib import Path

from report import command_seconds, row, write

REDRAWN = Path(sys.executable).with_name("redrawn")


def seconds(*words: str) -> float:
    """Return the wall seconds of a command of ours."""
    return command_seconds([REDRAWN, *words])[1]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chapters", nargs="+", default=["grokking", "multi-task-gradients"])
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    taken = {"1": [], "2": [], "none": []}
    for _ in range(given.rounds):
        for workers in ("1", "2"):
            taken[workers].append(seconds("run", *given.chapters, "--force", "--jobs", workers))
        taken["none"].append(seconds("run", *given.chapters))
    one, two, none = (statistics.median(taken[name]) for name in ("1", "2", "none"))
    rows = [
        row(f"{' and '.join(given.chapters)} at quick, two workers", two, "one worker", one,
            note="the bound is one half, where chapters are alike and cores share nothing"),
        row("the same, with nothing to do", none, "two workers", two),
    ]  # fmt: skip
    write(__file__, "Workers", rows)


if __name__ == "__main__":
    main()
