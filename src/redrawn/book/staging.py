"""Write the pages that Jupyter Book builds from: the book's text, with every result filled in."""

import filecmp
import importlib.util
import json
import shutil
from pathlib import Path

import nbformat
from PIL import Image

from redrawn.book import atomic, crate, download, figure_page, history, home, paper_page, paths
from redrawn.book import published, render, source_page, status
from redrawn.book.catalogue import Catalogue
from redrawn.book.status import ChapterState


def stage(catalogue: Catalogue, states: dict[str, ChapterState], profile: str, url: str) -> Path:
    """Write the book's pages to `_build/book`, for a site at `url`; return that folder."""
    root, book = paths.root(), paths.build() / "book"
    staged = book.with_name(".book")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(root / "book", staged, ignore=shutil.ignore_patterns("*.yml"))
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy2(root / name, staged / name)
    # Not in _static: Jupyter Book loads every script that it finds there on every page.
    _stage_mathjax(staged / "_assets" / "_static" / "mathjax")
    source_page.write_all(staged / "_static" / "source")
    wheel = download.wheel(staged / "_static")
    for state in states.values():
        page = _stage_chapter(state, catalogue, staged)
        if page is not None:
            taken = download.notebook(page, catalogue, f"{url}_static/{wheel}", url)
            _stage_files(state, catalogue, staged / "_static", taken)
    _stage_papers(catalogue, states, staged / "papers")
    _stage_overview(catalogue, states, status.of_book(states, profile), staged)
    for place, page in published.redirect_pages().items():
        moved = staged / "_assets" / place
        moved.parent.mkdir(parents=True, exist_ok=True)
        moved.write_text(page, encoding="utf-8")
    _keep_unchanged(staged, book)
    atomic.swap_folder(staged, book)
    return book


def _keep_unchanged(new: Path, old: Path) -> None:
    """Give a file that is as before its old time: Sphinx reads again what is newer than its last build."""
    for file in new.rglob("*"):
        before = old / file.relative_to(new)
        if file.is_file() and before.is_file() and filecmp.cmp(file, before, shallow=False):
            shutil.copystat(before, file)


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
    template = staged / "_templates" / "sidebar-chapters.html"
    template.parent.mkdir()
    template.write_text(home.sidebar(catalogue), encoding="utf-8")
    for name, content in (("status.json", found), ("status.schema.json", status.schema())):
        text = json.dumps(content, indent=1) + "\n"
        (staged / "_assets" / name).write_text(text, encoding="utf-8")


def _stage_papers(catalogue: Catalogue, states: dict[str, ChapterState], place: Path) -> None:
    place.mkdir()
    accepted = history.versions()
    for state in states.values():
        own = {p: accepted[p, state.chapter.slug] for p in paths.PROFILES
               if (p, state.chapter.slug) in accepted}  # fmt: skip
        for paper, text in paper_page.paper_pages(state, catalogue, own).items():
            (place / f"{paper}.md").write_text(text, encoding="utf-8")


def _stage_chapter(
    state: ChapterState, catalogue: Catalogue, staged: Path
) -> nbformat.NotebookNode | None:
    """Write the chapter's page and those of its figures; return the page, None where there is no good run."""
    page = staged / state.chapter.folder / f"{state.chapter.slug}.md"
    page.parent.mkdir(exist_ok=True)
    if state.run is None or state.run.status == "failed":
        page.write_text(render.planned_page(state, catalogue), encoding="utf-8")
        return None
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
    return notebook


def _stage_files(
    state: ChapterState, catalogue: Catalogue, static: Path, taken: nbformat.NotebookNode
) -> None:
    """Put a run's files where readers download them, with a description of them all."""
    slug = state.chapter.slug
    run = paths.run_dir(state.run.profile, slug, state.run.seed)
    files = static / "figures" / slug
    shutil.copytree(run / "figures", files, dirs_exist_ok=True)
    shutil.copy2(run / "record.json", files)
    nbformat.write(taken, files / f"{slug}.ipynb")
    crate.describe(state, catalogue, files)
    # the first page shows every chapter's headline: as drawn, they would be too much to load at once
    place = static / "thumbnails"
    place.mkdir(exist_ok=True)
    with Image.open(files / f"{state.chapter.headline_figure}.png") as picture:
        picture.thumbnail((640, 640))
        picture.convert("RGB").save(place / f"{slug}.webp")


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
