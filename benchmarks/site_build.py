"""Building the site at full size: 62 chapters and 377 papers, each chapter with a stand-in run.

The stand-ins live in a temporary checkout and never reach the product. Cold, then with nothing changed but
one chapter's text, beside their goals.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd
from matplotlib import pyplot as plt
from report import row, write

from redrawn.book import catalogue, paths, site, style
from redrawn.book.record import FigureRecord, Provenance, Record

FIGURES = 6
GOALS = {"from nothing": 20, "after one page changed": 5}
"""Seconds that each build may take on two cores."""

CLAIMS = """
figures:
{figures}
claims:
{claims}
"""


def stand_in(root: Path, chapter) -> None:
    """Give a planned chapter claims, a page and a run."""
    yml = root / "book" / chapter.folder / f"{chapter.slug}.yml"
    figures = "\n".join(f"  - {{id: f{i}, paper: {chapter.headline}}}" for i in range(FIGURES))
    claims = "\n".join(
        f"  - id: c{i}-{j}\n    paper: {paper}\n    statement: A stand-in.\n    place: Table 1\n"
        f"    setting: paper\n    expect: {{kind: value, value: 2.0, tolerance: 0.5, if_false: 0.0}}"
        for i, paper in enumerate(chapter.papers)
        for j in range(5)
    )
    text = yml.read_text().split("\nfigures:")[0].replace("status: planned", "status: written")
    yml.write_text(text + CLAIMS.format(figures=figures, claims=claims))
    run = paths.run_dir("quick", chapter.slug)
    figure, axes = plt.subplots()
    data = pd.DataFrame({"x": range(50)})
    axes.plot(data.x)
    records = [
        FigureRecord(id=f"f{i}", caption="A stand-in.", alt="A line that rises from left to right.",
            sha256=style.save(figure, data, run / "figures", f"f{i}"))
        for i in range(FIGURES)
    ]  # fmt: skip
    plt.close(figure)
    for i in range(FIGURES):
        (run / "figures" / f"f{i}.json").write_text("{}")
    cells = [nbformat.v4.new_markdown_cell(f"# {chapter.slug}\n\n```{{verdicts}}\n```")]
    for i in range(FIGURES):
        cells.append(nbformat.v4.new_code_cell("1 + 1"))
        cells.append(
            nbformat.v4.new_markdown_cell(f"Some $x^2$ text.\n\n```{{redrawn-figure}} f{i}\n```")
        )
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": language})
    nbformat.write(notebook, run / "chapter.ipynb")
    Record(
        slug=chapter.slug, profile="quick", seed=0, device="cpu", key="0" * 64, status="ok",
        measured={f"c{i}-{j}": [1.9, 2.0, 2.1] for i in range(len(chapter.papers)) for j in range(5)},
        figures=records,
        provenance=Provenance(
            commit="0" * 40, dirty=False, lock_sha256="0" * 64, data_sha256={}, versions={"torch": "0"},
            machine="stand-in", started="2026-01-01T00:00:00+00:00", wall_seconds=1, peak_mb=1,
        ),
    ).save(run / "record.json")  # fmt: skip


def measure() -> tuple[dict[str, float], int]:
    """Build twice; return the wall seconds of each build, and the number of pages."""
    source, seconds = paths.root(), {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("book", "data", "workflow"):
            shutil.copytree(source / name, root / name)
        for name in ("_config.yml", "_toc.yml", "requirements.lock"):
            shutil.copy2(source / name, root)
        os.environ["REDRAWN_ROOT"] = str(root)
        for chapter in catalogue.load().chapters.values():
            stand_in(root, chapter)
            (root / "book" / chapter.folder / f"{chapter.slug}.md").write_text("# stand-in\n")
        for build in GOALS:
            clock = time.perf_counter()
            site.build(catalogue.load(), "quick", "https://example.org/")
            seconds[build] = time.perf_counter() - clock
            page = paths.run_dir("quick", "grokking") / "chapter.ipynb"
            page.write_text(page.read_text().replace("Some ", "Changed "))
        pages = sum(1 for _ in (root / "_build" / "html").rglob("*.html"))
    os.environ["REDRAWN_ROOT"] = str(source)  # the table is kept there
    return seconds, pages


def main() -> None:
    """Measure, print and keep."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    seconds, pages = measure()
    rows = [
        row(f"the site of {pages} pages, {build}", took, "the goal", GOALS[build])
        for build, took in seconds.items()
    ]
    write(__file__, "The site", rows)


if __name__ == "__main__":
    main()
