"""Write the pages that Jupyter Book builds from: the book's text, with every result filled in."""

import filecmp
import importlib.util
import json
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from redrawn.book import (
    atomic,
    chapter_page,
    download,
    history,
    home,
    leaf,
    paper_page,
    paths,
    render,
    source_page,
    status,
)
from redrawn.book.catalogue import Catalogue
from redrawn.book.reuse import Reuse
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
    reuse = Reuse(book)
    address = f"{url}_static/{download.WHEEL}"
    modules = source_page.copy_all(staged, reuse)
    changed = [s for s in states.values() if not reuse.take_over(s, staged, address)]
    chapter = partial(
        chapter_page.write, catalogue=catalogue, staged=staged, url=url, wheel_address=address
    )
    # forked: what a chapter needs is there at once
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        written = [
            pool.map(chapter, changed, chunksize=4),  # the catalogue goes once a chunk
            pool.map(source_page.write, modules, chunksize=20),
        ]
        download.wheel(staged / "_static", reuse)
        _stage_frames(staged)
        _stage_papers(catalogue, states, staged / "papers")
        for each in written:
            list(each)  # an error in one of them is ours
    _stage_overview(catalogue, states, status.of_book(states, profile), staged)
    _keep_unchanged(staged, book)
    atomic.swap_folder(staged, book)
    reuse.remember()
    return book


def _keep_unchanged(new: Path, old: Path) -> None:
    """Give a file that is as before its old time: Sphinx reads again what is newer than its last build."""
    for file in new.rglob("*"):
        before = old / file.relative_to(new)
        if not file.is_file() or not before.is_file() or file.samefile(before):
            continue  # what was taken over is the old file itself
        if filecmp.cmp(file, before, shallow=False):
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
    template = staged / "_templates" / "contents.html"
    template.parent.mkdir()
    template.write_text(home.sidebar(catalogue, staged), encoding="utf-8")
    for name, content in (("status.json", found), ("status.schema.json", status.schema())):
        text = json.dumps(content, indent=1) + "\n"
        (staged / "_assets" / name).write_text(text, encoding="utf-8")


def _stage_frames(staged: Path) -> None:
    """Write a page for each kind that only fills a frame, with a mark under each heading."""
    for name, headings in leaf.FRAMES.items():
        texts = ["# ⟦0⟧", render.html("⟦1⟧")]
        texts += [f"## {h}\n\n{render.html(f'⟦{i}⟧')}" for i, h in enumerate(headings, 2)]
        text = "---\norphan: true\nnosearch: true\n---\n\n" + "\n\n".join(texts) + "\n"
        page = staged / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


def _stage_papers(catalogue: Catalogue, states: dict[str, ChapterState], place: Path) -> None:
    accepted = history.versions()
    for state in states.values():
        own = {p: accepted[p, state.chapter.slug] for p in paths.PROFILES
               if (p, state.chapter.slug) in accepted}  # fmt: skip
        for paper, page in paper_page.paper_pages(state, catalogue, own).items():
            page.save(place / f"{paper}.json")


def _stage_mathjax(place: Path) -> None:
    """Copy the part of MathJax that pages use: one script and its fonts."""
    package = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
    source = package / "static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    shutil.copytree(source / fonts, place / fonts)
    shutil.copy2(source / "tex-mml-chtml.js", place)
