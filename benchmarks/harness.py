"""What the harness costs: a chapter through papermill and record, against the same cells as a plain script.

Both in fresh processes, alternating. CPU seconds and wall seconds of each; the difference is the harness:
notebook, kernel, checks of what was registered, provenance, and the sealed record.
"""

import argparse
import statistics
import sys
import tempfile

import jupytext
from report import command_seconds, row, write

from redrawn.book import catalogue


def main() -> None:
    """Measure, print and keep."""
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
            taken["script"].append(
                command_seconds([sys.executable, "-c", script], REDRAWN_OUT=folder)
            )
            taken["harness"].append(command_seconds(harness))
    rows = []
    for i, kind in enumerate(("CPU", "wall")):
        script, harness = (statistics.median(t[i] for t in taken[k]) for k in ("script", "harness"))
        note = f"{harness - script:+.1f} s {kind}"
        rows.append(
            row(
                f"{chapter.slug} at quick, {kind} seconds",
                harness,
                "its cells as a script",
                script,
                note=note,
            )
        )
    write(__file__, "The harness", rows)


if __name__ == "__main__":
    main()
