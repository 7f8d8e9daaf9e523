"""The catalogue: every paper and every chapter, as typed records read from `book/`.

`book/references.bib` holds the papers, `book/<part>/<slug>.yml` the chapters with their claims.
A mistake in either is a CatalogueError that names file, line, field and what was expected.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pybtex.database import BibliographyDataError
from pybtex.database.input import bibtex
from pybtex.exceptions import PybtexError
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from redrawn.book import paths
from redrawn.book.expectation import Expectation
from redrawn.book.yaml_lines import LineLoader, line_of

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Profile = Literal["quick", "standard", "paper"]


class CatalogueError(Exception):
    """A mistake in the catalogue; `str()` is for the person who must correct it."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paper(_Record):
    """One paper, as `references.bib` has it."""

    id: Id
    title: Text
    authors: tuple[str, ...] = ()
    year: str | None = None
    venue: str | None = None
    link: str | None = None
    confirmed: bool = False


class DeclaredFigure(_Record):
    """A figure that a chapter promises to draw."""

    id: Id
    paper: Id


class Claim(_Record):
    """One claim of a paper, and what decides it."""

    id: Id
    paper: Id
    statement: Text
    place: Text
    setting: Literal["paper", "reduced", "analogue"]
    stands_in: Text | None = None
    reported: Text = "no number given"
    unit: str = ""
    profiles: tuple[Profile, ...] = Field(default=("quick", "standard"), min_length=1)
    seeded: bool = True
    resolution: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    expect: Expectation

    @model_validator(mode="after")
    def _complete(self):
        if self.setting != "paper" and not self.stands_in:
            raise ValueError(
                f"a claim with setting {self.setting!r} must say what stands_in for what"
            )
        if self.resolution and self.resolution >= self.expect.effect():
            raise ValueError(
                f"resolution {self.resolution:g} is wider than the effect {self.expect.effect():g}"
            )
        return self


class Need(_Record):
    """What a run at one profile needs of a machine."""

    seconds: int = Field(gt=0)
    mem_mb: int = Field(gt=0)
    gpu: int = Field(default=0, ge=0)


DEFAULT_NEEDS = {
    "quick": Need(seconds=60, mem_mb=2000),
    "standard": Need(seconds=1200, mem_mb=6000),
    "paper": Need(seconds=86400, mem_mb=24000, gpu=1),
}


class Chapter(_Record):
    """One chapter: its question, its papers, and what it promises to draw and decide."""

    slug: Id
    title: Text
    part: Text
    status: Literal["planned", "written"]
    question: Text
    headline: Id
    papers: tuple[Id, ...] = Field(min_length=1)
    datasets: tuple[Id, ...] = ()
    needs: dict[Profile, Need] = DEFAULT_NEEDS
    figures: tuple[DeclaredFigure, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def folder(self) -> str:
        """Return the part's folder below `book/`."""
        return re.sub(r"[^a-z0-9]+", "-", self.part.lower()).strip("-")

    @property
    def source(self) -> Path:
        """Return the chapter's text."""
        return paths.root() / "book" / self.folder / f"{self.slug}.md"

    def claim(self, claim_id: str) -> Claim:
        """Return the claim of that id, or raise KeyError."""
        return next((c for c in self.claims if c.id == claim_id), None) or _unknown(claim_id)

    @property
    def headline_figure(self) -> str:
        """Return the id of the headline paper's first figure; a written chapter has one."""
        return next(f.id for f in self.figures if f.paper == self.headline)

    def paper_of(self, figure_id: str) -> str:
        """Return the id of the paper that a declared figure is drawn for."""
        return next(f.paper for f in self.figures if f.id == figure_id)

    def decided_in(self, profile: str) -> list[Claim]:
        """Return the claims that a run at `profile` must measure."""
        return [claim for claim in self.claims if profile in claim.profiles]

    @model_validator(mode="after")
    def _consistent(self):
        for kind, ids in (
            ("papers", self.papers),
            ("claims", [c.id for c in self.claims]),
            ("figures", [f.id for f in self.figures]),
        ):
            if twice := {i for i in ids if list(ids).count(i) > 1}:
                raise ValueError(f"{kind}: {', '.join(sorted(twice))} stands twice")
        named = {self.headline, *(x.paper for x in (*self.claims, *self.figures))}
        if strangers := named - set(self.papers):
            raise ValueError(f"not among this chapter's papers: {', '.join(sorted(strangers))}")
        if self.status == "written":
            if untested := set(self.papers) - {c.paper for c in self.claims}:
                raise ValueError(f"written, yet without a claim: {', '.join(sorted(untested))}")
            if not any(f.paper == self.headline for f in self.figures):
                raise ValueError("written, yet the headline paper has no figure")
        elif self.claims or self.figures:
            raise ValueError("claims or figures in a chapter whose status is 'planned'")
        return self


def _unknown(claim_id: str):
    raise KeyError(f"no claim {claim_id!r} in this chapter's .yml")


class Catalogue(_Record):
    """All papers and chapters, in the order of the book."""

    papers: dict[str, Paper]
    chapters: dict[str, Chapter]

    @cached_property
    def chapter_of(self) -> dict[str, Chapter]:
        """Map each paper's id to its chapter."""
        return {paper: chapter for chapter in self.chapters.values() for paper in chapter.papers}


def read_papers(path: Path) -> dict[str, Paper]:
    """Read `references.bib`; an entry's `note` says whether its citation was confirmed."""
    where = path.name
    seen: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := re.match(r"\s*@\w+\s*\{\s*([^,\s]+)", line):
            if match[1] in seen:
                raise CatalogueError(
                    f"{where}:{number}: {match[1]}: already on line {seen[match[1]]}"
                )
            seen[match[1]] = number
    try:
        entries = bibtex.Parser().parse_file(str(path)).entries
    except (PybtexError, BibliographyDataError) as error:
        raise CatalogueError(f"{where}: {error}") from error
    papers = {}
    for key, entry in entries.items():
        fields = entry.fields
        try:
            papers[key] = Paper(
                id=key,
                title=plain(fields.get("title", "")),
                authors=tuple(plain(str(person)) for person in entry.persons.get("author", ())),
                year=fields.get("year"),
                venue=fields.get("booktitle") or fields.get("journal"),
                link=_link(fields),
                confirmed=fields.get("note", "") == "confirmed",
            )
        except ValidationError as error:
            raise CatalogueError(
                _explain(error, where, lambda _, key=key: seen.get(key, 1))
            ) from error
    return papers


def plain(tex: str) -> str:
    """Return a BibTeX field as plain text: braces and escapes resolved."""
    from pybtex.richtext import Text as RichText

    return str(RichText.from_latex(tex)).strip()


def _link(fields) -> str | None:
    if doi := fields.get("doi"):
        return f"https://doi.org/{doi}"
    return f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else None


def _explain(error: ValidationError, where: str, line) -> str:
    lines = []
    for problem in error.errors():
        # pydantic names the branch of a tagged union in the path; a reader's file does not have it
        place = [p for p in problem["loc"] if p not in ("value", "bound", "ordering", "slope")]
        field = ".".join(map(str, place)) or "chapter"
        message = problem["msg"].removeprefix("Value error, ")
        given = problem.get("input")
        if not isinstance(given, dict | list | BaseModel) and problem["type"] != "missing":
            message += f" (found {given!r})"
        lines.append(f"{where}:{line(problem['loc'])}: {field}: {message}")
    return "\n".join(lines)


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
        raise CatalogueError(_explain(error, where, lambda loc: line_of(given, loc))) from error
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
