"""Stage the pages from records, and build the site with Jupyter Book."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

import redrawn

from redrawn.book import figure_page, home, paths, render
from redrawn.book.catalogue import Catalogue
from redrawn.book.status import ChapterState, of_book, of_chapters


class SiteError(Exception):
    """The site could not be built; the message holds Sphinx's own words."""


def stage(catalogue: Catalogue, profile: str) -> Path:
    """Write the book's pages, with every result filled in, to `_build/book`; return that folder."""
    root, staged = paths.root(), paths.build() / "book"
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(root / "book", staged, ignore=shutil.ignore_patterns("*.yml"))
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy2(root / name, staged / name)
    # Not in _static: Jupyter Book loads every script that it finds there on every page.
    _stage_mathjax(staged / "_assets" / "_static" / "mathjax")
    shutil.copytree(
        Path(redrawn.__file__).parent, staged / "_static" / "source" / "redrawn",
        ignore=lambda _, names: [n for n in names if n == "__pycache__"],
    )  # fmt: skip
    states = of_chapters(catalogue, profile)
    for state in states.values():
        _stage_chapter(state, catalogue, staged)
    _stage_overview(catalogue, states, of_book(states, profile), staged)
    return staged


def _stage_overview(catalogue: Catalogue, states, found: dict, staged: Path) -> None:
    """Fill in the first page and the status board, and write the feed."""
    blocks = {
        "counts": home.counts(found),
        "gallery": home.gallery(list(states.values())),
        "board": home.board(catalogue, found, states),
    }
    for page in (staged / "index.md", staged / "status.md"):
        text = page.read_text(encoding="utf-8")
        for name, markup in blocks.items():
            text = text.replace(f"```{{{name}}}\n```", render.html(markup))
        page.write_text(text, encoding="utf-8")
    feed = json.dumps(found, indent=1) + "\n"
    (staged / "_assets" / "status.json").write_text(feed, encoding="utf-8")


def _stage_chapter(state: ChapterState, catalogue: Catalogue, staged: Path) -> None:
    page = staged / state.chapter.folder / f"{state.chapter.slug}.md"
    page.parent.mkdir(exist_ok=True)
    if state.run is None or state.run.status == "failed":
        page.write_text(render.planned_page(state, catalogue), encoding="utf-8")
        return
    page.unlink()
    run = paths.run_dir(state.run.profile, state.chapter.slug, state.run.seed)
    notebook = nbformat.read(run / "chapter.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = render.text(cell.source, state, catalogue)
        else:
            cell.metadata.setdefault("tags", []).extend(_tags(cell))
    nbformat.write(notebook, page.with_suffix(".ipynb"))
    pages = staged / "figures" / state.chapter.slug
    pages.mkdir(parents=True)
    for figure in state.run.figures:
        text = figure_page.figure_page(figure, state, catalogue)
        (pages / f"{figure.id}.md").write_text(text, encoding="utf-8")
    shutil.copytree(
        run / "figures", staged / "_static" / "figures" / state.chapter.slug, dirs_exist_ok=True
    )


def _tags(cell) -> list[str]:
    """Return how a code cell is shown: papermill's parameters not at all, captions and alt texts folded."""
    if "injected-parameters" in cell.metadata.get("tags", []):
        return ["remove-cell"]
    return ["hide-input"] if "chapter.figure(" in cell.source else []


def _stage_mathjax(place: Path) -> None:
    """Copy the part of MathJax that pages use: one script and its fonts."""
    package = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
    source = package / "static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    shutil.copytree(source / fonts, place / fonts)
    shutil.copy2(source / "tex-mml-chtml.js", place)


def build(catalogue: Catalogue, profile: str) -> Path:
    """Stage and build the site; return its first page.

    Raises:
        SiteError: Sphinx reported an error or a warning.

    """
    staged = stage(catalogue, profile)
    # After a failing -W build an incremental one exits 0: --all builds every page each time.
    command = [
        str(Path(sys.executable).with_name("jupyter-book")), "build", str(staged),
        "--path-output", str(paths.root()), "-W", "-n", "--keep-going", "--all", "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SiteError(f"jupyter-book failed:\n{(done.stdout + done.stderr)[-6000:]}")
    html = paths.build() / "html"
    if not (html / "index.html").is_file():
        raise SiteError(f"jupyter-book wrote no {html / 'index.html'}:\n{done.stdout[-2000:]}")
    for source_map in html.rglob("*.map"):
        source_map.unlink()
    return html / "index.html"
