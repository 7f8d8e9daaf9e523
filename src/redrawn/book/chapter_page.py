"""The staged pages and files of one chapter: its page, a page a figure, and what readers download."""

import shutil
from pathlib import Path

import nbformat
from PIL import Image

from redrawn.book import crate, download, figure_page, paths, render
from redrawn.book.catalogue import Catalogue
from redrawn.book.status import ChapterState


def write(
    state: ChapterState, catalogue: Catalogue, staged: Path, url: str, wheel_address: str
) -> None:
    """Write all of one chapter into `staged`, for a site at `url` whose package is at `wheel_address`."""
    page = _write_pages(state, catalogue, staged)
    if page is not None:
        taken = download.notebook(page, catalogue, wheel_address, url)
        _write_files(state, catalogue, staged / "_static", taken)


def _write_pages(
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
            tags = cell.metadata.setdefault("tags", [])
            tags += [tag for tag in _tags(cell) if tag not in tags]
    nbformat.write(notebook, page.with_suffix(".ipynb"))
    pages = staged / "figures" / state.chapter.slug
    pages.mkdir(parents=True)
    for figure in state.run.figures:
        figure_page.figure_page(figure, state, catalogue).save(pages / f"{figure.id}.json")
    return notebook


def _write_files(
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
        small = picture.convert("RGB")  # first: to bring transparency down in size takes longest
        small.thumbnail((640, 640))
        small.save(place / f"{slug}.webp")


def _tags(cell) -> list[str]:
    """Return how a code cell is shown: papermill's parameters not at all, captions and alt texts folded."""
    if "injected-parameters" in cell.metadata.get("tags", []):
        return ["remove-cell"]
    return ["hide-input"] if "chapter.figure(" in cell.source else []
