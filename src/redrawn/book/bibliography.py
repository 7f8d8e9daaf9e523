"""The papers, as `book/references.bib` has them."""

import re
from pathlib import Path

from pybtex.database import BibliographyDataError
from pybtex.database.input import bibtex
from pybtex.exceptions import PybtexError
from pydantic import ValidationError

from redrawn.book.entry import CatalogueError, Entry, Id, Text, explain


class Paper(Entry):
    """One paper, as `references.bib` has it."""

    id: Id
    title: Text
    authors: tuple[str, ...] = ()
    year: str | None = None
    venue: str | None = None
    link: str | None = None
    confirmed: bool = False


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
                explain(error, where, lambda _, key=key: seen.get(key, 1))
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
