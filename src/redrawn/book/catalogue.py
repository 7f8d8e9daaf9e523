"""The catalogue: every paper and every chapter, as typed records read from `book/`.

`book/references.bib` holds the papers, `book/<part>/<slug>.yml` the chapters with their claims.
A mistake in either is a CatalogueError that names file, line, field and what was expected.
"""

from functools import cached_property
from pathlib import Path

import yaml
from pydantic import ValidationError

from redrawn.book import paths
from redrawn.book.bibliography import Paper, read_papers
from redrawn.book.declaration import Chapter
from redrawn.book.entry import CatalogueError, Entry, explain
from redrawn.book.yaml_lines import LineLoader, line_of


class Catalogue(Entry):
    """All papers and chapters, in the order of the book."""

    papers: dict[str, Paper]
    chapters: dict[str, Chapter]

    @cached_property
    def chapter_of(self) -> dict[str, Chapter]:
        """Map each paper's id to its chapter."""
        return {paper: chapter for chapter in self.chapters.values() for paper in chapter.papers}


def read_chapter(path: Path) -> Chapter:
    """Read one chapter's `.yml`, or raise CatalogueError."""
    where = f"{path.parent.name}/{path.name}"
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=LineLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise CatalogueError(f"{where}:{mark.line + 1}: {error.problem}") from error
    if not isinstance(given, dict):
        raise CatalogueError(
            f"{where}:1: expected the fields of a chapter, found {type(given).__name__}"
        )
    try:
        chapter = Chapter.model_validate(given)
    except ValidationError as error:
        raise CatalogueError(explain(error, where, lambda loc: line_of(given, loc))) from error
    for field, found in (("slug", path.stem), ("part", path.parent.name)):
        expected = chapter.slug if field == "slug" else chapter.folder
        if expected != found:
            line = line_of(given, (field,))
            raise CatalogueError(
                f"{where}:{line}: {field}: {expected!r} does not fit the file's place"
            )
    return chapter


def find_chapter(slug: str) -> Chapter:
    """Read the one chapter that a run needs: the whole catalogue takes seconds once all are written.

    Raises:
        CatalogueError: there is no such chapter, or its `.yml` is wrong.

    """
    found = [path for path in (paths.root() / "book").glob("*/*.yml") if path.stem == slug]
    if not found:
        raise CatalogueError(f"no chapter {slug!r} in the catalogue")
    return read_chapter(found[0])


def load(book: Path | None = None) -> Catalogue:
    """Read the whole catalogue and check that papers and chapters fit together.

    Raises:
        CatalogueError: with every problem found, one a line.

    """
    book = book or paths.root() / "book"
    papers = read_papers(book / "references.bib")
    chapters: dict[str, Chapter] = {}
    home: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted(book.glob("*/*.yml")):
        try:
            chapter = read_chapter(path)
        except CatalogueError as error:
            problems.append(str(error))
            continue
        where = f"{path.parent.name}/{path.name}"
        if chapter.slug in chapters:
            problems.append(f"{where}:1: slug: {chapter.slug} is another chapter's already")
        for paper in chapter.papers:
            if paper not in papers:
                problems.append(f"{where}: papers: {paper} is not in references.bib")
            elif chapter.status == "written" and not (papers[paper].authors and papers[paper].year):
                problems.append(
                    f"references.bib: {paper} is tested by {where}: give its author and year"
                )
            if paper in home:
                problems.append(f"{where}: papers: {paper} is in {home[paper]} already")
            home[paper] = chapter.slug
        chapters[chapter.slug] = chapter
    if not problems:
        problems += [f"references.bib: {p} is in no chapter" for p in papers if p not in home]
    if problems:
        raise CatalogueError("\n".join(problems))
    # The book's order is the bibliography's: chapters stand in the order of their papers there.
    order = {paper: place for place, paper in enumerate(papers)}
    ordered = sorted(chapters.values(), key=lambda c: min(order[p] for p in c.papers))
    return Catalogue(papers=papers, chapters={c.slug: c for c in ordered})
