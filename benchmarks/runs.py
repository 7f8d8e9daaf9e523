"""Running chapters: two workers against one, nothing to do, one method edited, and the whole book by extrapolation.

Work happens in a copy of the checkout, so that the edit and the forced runs touch nothing of yours.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import site_build
from report import command_seconds, row, write

from redrawn.book import catalogue, key, paths

REDRAWN = Path(sys.executable).with_name("redrawn")
METHOD = Path("src/redrawn/methods/polynomial/kernel.py")
PAIR = ("grokking", "multi-task-gradients")
GOAL = 25 * 60  # seconds for the whole book at quick, on two cores


def run(root: Path, *words: str) -> float:
    """Return the wall seconds of `redrawn run` in a checkout."""
    return command_seconds(
        [REDRAWN, "run", *words], REDRAWN_ROOT=str(root), PYTHONPATH=str(root / "src")
    )[1]


def records(root: Path) -> dict[str, dict]:
    """Return the provenance of each chapter's run at quick."""
    runs = root / "_build" / "runs" / "quick"
    return {
        place.parent.name: json.loads(place.read_text())["provenance"]
        for place in runs.glob("*/record.json")
    }


def main() -> None:
    """Measure, print and keep."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    book = catalogue.load()
    written = [c for c in book.chapters.values() if c.status == "written"]
    module = ".".join(METHOD.with_suffix("").parts[1:])
    reached = [c.slug for c in written if module in key.reached_modules(c.source.read_text())]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "checkout")
        ignored = shutil.ignore_patterns(".git", ".venv", "_build", ".snakemake", "__pycache__")
        shutil.copytree(paths.root(), root, ignore=ignored)
        whole = run(root, "--jobs", "2")
        first = records(root)
        nothing = run(root, "--jobs", "2")
        with (root / METHOD).open("a") as file:
            file.write("\n# an edit\n")
        edited = run(root, "--jobs", "2")
        again = [slug for slug, found in records(root).items() if found != first[slug]]
        two, one = (run(root, *PAIR, "--force", "--jobs", jobs) for jobs in ("2", "1"))
    if sorted(again) != sorted(reached):
        sys.exit(f"an edit of {METHOD} ran {again}, but reaches {reached}")
    site = site_build.measure()[0]["from nothing"]
    # What is not a chapter's is paid once: the start of the engine, and a worker idle while the last chapter ends.
    seconds = [first[chapter.slug]["wall_seconds"] / 2 for chapter in written]
    once = whole - sum(seconds)
    # Chapters that are not written yet hold fewer papers: a line through those that are says what each paper costs.
    papers = [len(chapter.papers) for chapter in written]
    line = statistics.linear_regression(papers, seconds)
    fit = statistics.correlation(papers, seconds)
    chapters = sum(line.intercept + line.slope * len(c.papers) for c in book.chapters.values())
    memory = sum(sorted(found["peak_mb"] for found in first.values())[-2:])
    rows = [
        row(f"{' and '.join(PAIR)} at quick, two workers", two, "one worker", one,
            note="the bound is one half, where chapters are alike and cores share nothing"),
        row(f"all {len(written)} chapters, with nothing to do", nothing, "two workers", whole,
            note=f"the two of most memory take {memory / 1000:.1f} GB together"),
        row(f"all chapters after an edit of {METHOD.name}, which {len(reached)} reach", edited, "all", whole),
        row(f"the book of {len(book.chapters)} chapters and its site, extrapolated",
            chapters + once + site, "the goal", GOAL,
            note=f"from {line.intercept:.0f} s a chapter and {line.slope:.1f} s a paper with two workers on {os.cpu_count()} cores, "
            f"the line through {len(written)} chapters (r = {fit:.2f}), {once:.0f} s to start and to end, and {site:.0f} s for "
            f"the site; by the mean chapter, which holds {statistics.mean(papers):.1f} papers and not "
            f"{len(book.papers) / len(book.chapters):.1f}, {statistics.mean(seconds) * len(book.chapters) + once + site:.0f} s"),
    ]  # fmt: skip
    write(__file__, "Workers", rows)


if __name__ == "__main__":
    main()
