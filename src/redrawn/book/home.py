"""What the first page and the status board say about the whole book, computed from records."""

import re
from collections import Counter
from html import escape
from pathlib import Path

import yaml

from redrawn.book import tables
from redrawn.book.catalogue import Catalogue
from redrawn.book.status import ChapterState
from redrawn.book.verdicts import SYMBOL

SETTINGS = ("paper", "reduced", "analogue")
VERDICTS = ("holds", "does not hold", "not tested", "error")
HEADING = re.compile(r"(?m)^# (.+)$")


def counts(found: dict) -> str:
    """Return the live count of papers and claims, from `status.of_book`."""
    claims = [claim for paper in found["papers"] for claim in paper["claims"]]
    tested = sum(paper["verdict"] in ("holds", "does not hold") for paper in found["papers"])
    by = Counter((claim["setting"], claim["verdict"]) for claim in claims)
    shown = [v for v in VERDICTS if v != "error" or any(c["verdict"] == v for c in claims)]
    rows = [
        f'<tr><th scope="row">{setting}</th>'
        + "".join(f"<td>{by[setting, verdict]}</td>" for verdict in shown)
        + "</tr>"
        for setting in SETTINGS
    ]
    head = ["Setting", *map(tables.badge, shown)]
    return (
        f"<p><strong>{tested} of {len(found['papers'])} papers</strong> are tested so far, by "
        f"<strong>{len(claims)} claims</strong>; a claim's setting says how close it is to the "
        "paper's own experiment.</p>" + tables.scrolling("Claims by setting", head, rows)
    )


def gallery(states: list[ChapterState]) -> str:
    """Return the headline figures as pictures that lead to their chapters."""
    cards = []
    for state in states:
        chapter = state.chapter
        for figure in state.run.figures if state.run else ():
            if figure.id == chapter.headline_figure:
                cards.append(
                    f'<a href="{chapter.folder}/{chapter.slug}.html">'
                    f'<img src="_static/thumbnails/{chapter.slug}.webp" width="640" height="400" loading="lazy" '
                    f'alt="{escape(figure.alt, quote=True)}">'
                    f"<span>{escape(chapter.title)}</span></a>"
                )
    return f'<div class="gallery">{"".join(cards)}</div>'


def board(catalogue: Catalogue, found: dict, states: dict[str, ChapterState]) -> str:
    """Return the status board: a cell a paper, and under it the table of all papers."""
    cells, rows = [], []
    for row in found["papers"]:
        paper, state = catalogue.papers[row["id"]], states[row["chapter"]]
        chapter, title = state.chapter, escape(paper.title, quote=True)
        said = f"{title}: {row['verdict']}"
        kind = row["verdict"].replace(" ", "-")
        cells.append(
            f'<a href="#paper-{paper.id}" class="verdict-{kind}" title="{said}" '
            f'aria-label="{said}">{SYMBOL[row["verdict"]]}</a>'
        )
        values = (
            f'<a href="{chapter.folder}/{chapter.slug}.html">{escape(chapter.title)}</a>',
            escape(chapter.part),
            paper.year or "",
            ", ".join(row["settings"]),
            tables.badge(row["verdict"]),
            tables.badge(row["baseline"]),
            row["profile"] or "",
            state.run.provenance.started[:10] if state.run else "",
        )
        rows.append(
            f'<tr id="paper-{paper.id}"><th scope="row"><a href="papers/{paper.id}.html">{title}</a></th>'
            + "".join(f"<td>{value}</td>" for value in values)
            + "</tr>"
        )
    names = ("Paper", "Chapter", "Part", "Year", "Setting", "Against paper", "Against baseline",
             "Profile", "Date of run")  # fmt: skip
    return (
        f'<nav class="mosaic" aria-label="All papers, one cell each">{"".join(cells)}</nav>'
        + tables.scrolling("All papers", names, rows, "board")
        + '<script src="_static/board.js" defer></script>'
    )


def sidebar(catalogue: Catalogue, staged: Path) -> str:
    """Return the template of the book's contents, which every page has beside it.

    The theme would make its own anew for each page, which takes longer than the page.
    """
    toc = yaml.safe_load((staged / "_toc.yml").read_text(encoding="utf-8"))
    titles = {f"{c.folder}/{c.slug}": c.title for c in catalogue.chapters.values()}
    parts = {"": [{"file": toc["root"]}]} | {p["caption"]: p["chapters"] for p in toc["parts"]}
    lists = ""
    for part, pages in parts.items():
        lists += f'<p class="caption">{escape(part)}</p>' if part else ""
        lists += '<ul class="nav bd-sidenav">'
        for place in (page["file"] for page in pages):
            title = titles.get(place) or HEADING.search((staged / f"{place}.md").read_text())[1]
            lists += (
                f"<li class=\"toctree-l1{{{{ ' current active' if pagename == '{place}' }}}}\">"
                f'<a class="reference internal" href="{{{{ pathto(\'{place}\') }}}}"'
                f"{{{{ ' aria-current=page' if pagename == '{place}' }}}}>{escape(title)}</a></li>"
            )
        lists += "</ul>"
    return f'<nav class="bd-links bd-docs-nav" aria-label="Contents">{lists}</nav>'
