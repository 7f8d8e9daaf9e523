"""What the harness costs: a chapter through papermill and record, against the same cells as a plain script.

Both in fresh processes, alternating. CPU seconds and wall seconds of each; the difference is the harness:
notebook, kernel, checks of what was registered, provenance, and the sealed record.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import jupytext

from redrawn.book import catalogue


def seconds(command: list[str], **environment: str) -> tuple[float, float]:
    """Return CPU and wall seconds of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    wall = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chapter", default="grokking")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    chapter = catalogue.load().chapters[given.chapter]
    notebook = jupytext.read(chapter.source, fmt="md:myst")
    script = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    harness = [sys.executable, "-m", "redrawn.book.execute", chapter.slug, "quick", "0", "cpu"]
    taken = {"script": [], "harness": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            taken["script"].append(seconds([sys.executable, "-c", script], REDRAWN_OUT=folder))
            taken["harness"].append(seconds(harness))
    result = {"chapter": chapter.slug, "rounds": given.rounds}
    for i, kind in enumerate(("cpu_seconds", "wall_seconds")):
        medians = {name: statistics.median(t[i] for t in times) for name, times in taken.items()}
        result[kind] = {name: round(value, 2) for name, value in medians.items()}
        result[kind]["overhead"] = round(medians["harness"] - medians["script"], 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
