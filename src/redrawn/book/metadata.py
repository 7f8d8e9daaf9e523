"""What pages say to machines: Open Graph, schema.org, Highwire tags, and the sitemap."""

import json
from html import escape
from xml.etree import ElementTree

from redrawn.book.bibliography import Paper
from redrawn.book.catalogue import Catalogue
from redrawn.book.cite import AUTHOR
from redrawn.book.record import FigureRecord
from redrawn.book.status import ChapterState

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
SCHEMA_ORG = "https://schema.org"

MEDIA = {
    "csv": "text/csv", "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf",
}  # fmt: skip
"""The media type of each file of a figure, by extension."""


def pages(catalogue: Catalogue, states: dict[str, ChapterState], url: str) -> dict[str, str]:
    """Return each page's tags for `<head>`, by its path below the site; `url` ends in a slash."""
    found = {"index.html": _home(url)}
    for state in states.values():
        chapter, run = state.chapter, state.run
        drawn = {f.id: f for f in run.figures} if run else {}
        headline = drawn.get(chapter.headline_figure) if drawn else None
        place = f"{chapter.folder}/{chapter.slug}.html"
        found[place] = _chapter(state, catalogue, url, place, headline)
        for figure in drawn.values():
            place = f"figures/{chapter.slug}/{figure.id}.html"
            paper = catalogue.papers[chapter.paper_of(figure.id)]
            found[place] = _figure(state, figure, paper, url, place)
        for paper in chapter.papers:
            place = f"papers/{paper}.html"
            found[place] = _paper(catalogue.papers[paper], state, url, place, headline)
    return found


def sitemap(places: list[str], url: str) -> str:
    """Return `sitemap.xml` of the pages at `places`."""
    ElementTree.register_namespace("", "http://www.sitemaps.org/schemas/sitemap/0.9")
    urlset = ElementTree.Element("{http://www.sitemaps.org/schemas/sitemap/0.9}urlset")
    for place in places:
        entry = ElementTree.SubElement(urlset, "{http://www.sitemaps.org/schemas/sitemap/0.9}url")
        location = ElementTree.SubElement(entry, "{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
        location.text = url + place
    ElementTree.indent(urlset)
    return ElementTree.tostring(urlset, encoding="unicode", xml_declaration=True) + "\n"


def _home(url: str) -> str:
    about = "Headline figures of machine-learning papers, redrawn from code; every claim decided by code."
    item = {
        "@type": "Book",
        "name": "Redrawn",
        "author": _authors(),
        "license": LICENCE,
        "url": url,
    }
    return _open_graph("Redrawn", about, "website", url, None) + _linked(item)


def _chapter(state, catalogue: Catalogue, url: str, place: str, headline) -> str:
    chapter, run = state.chapter, state.run
    item = {
        "@type": "ScholarlyArticle",
        "headline": chapter.title,
        "abstract": chapter.question.strip(),
        "author": _authors(),
        "license": LICENCE,
        "url": url + place,
        "isPartOf": {"@type": "Book", "name": "Redrawn", "url": url},
        "citation": [_cited(catalogue.papers[p]) for p in chapter.papers],
    }
    tags = {
        "citation_title": chapter.title,
        "citation_author": AUTHOR,
        "citation_public_url": url + place,
    }
    if run:
        item["datePublished"] = run.provenance.started[:10]
        tags["citation_publication_date"] = run.provenance.started[:10].replace("-", "/")
    picture = headline and _picture(url, chapter.slug, headline)
    return (
        _open_graph(chapter.title, chapter.question.strip(), "article", url + place, picture)
        + "".join(f'<meta name="{k}" content="{escape(v, quote=True)}">' for k, v in tags.items())
        + _linked(item)
    )


def _figure(state, figure: FigureRecord, paper: Paper, url: str, place: str) -> str:
    name = f"{state.chapter.slug}/{figure.id}"
    base = f"{url}_static/figures/{name}"
    item = {
        "@type": "Dataset",
        "name": f"Redrawn, figure {name}",
        "description": f"{figure.caption} {figure.alt}",
        "creator": _authors(),
        "license": LICENCE,
        "identifier": name,
        "url": url + place,
        "version": state.run.provenance.commit[:12],
        "dateCreated": state.run.provenance.started,
        "isBasedOn": _cited(paper),
        "distribution": [
            {
                "@type": "DataDownload", "encodingFormat": kind, "contentUrl": f"{base}.{ext}",
                "sha256": figure.sha256[ext],
            }
            for ext, kind in MEDIA.items()
        ],
    }  # fmt: skip
    picture = _picture(url, state.chapter.slug, figure)
    return _open_graph(name, figure.caption, "article", url + place, picture) + _linked(item)


def _paper(paper: Paper, state, url: str, place: str, headline) -> str:
    # No Highwire tags: they would tell an index that this page is the paper.
    about = f"What “{paper.title}” claims, and what Redrawn measured."
    item = {"@type": "WebPage", "name": about, "url": url + place, "about": _cited(paper)}
    picture = headline and _picture(url, state.chapter.slug, headline)
    return _open_graph(paper.title, about, "article", url + place, picture) + _linked(item)


def _cited(paper: Paper) -> dict:
    item = {"@type": "ScholarlyArticle", "name": paper.title}
    if paper.confirmed:
        item["author"] = [{"@type": "Person", "name": a} for a in paper.authors]
        item["datePublished"], item["sameAs"] = paper.year, paper.link
    return {k: v for k, v in item.items() if v}


def _authors() -> dict:
    return {"@type": "Organization", "name": AUTHOR}


def _picture(url: str, slug: str, figure: FigureRecord) -> tuple[str, str]:
    return f"{url}_static/figures/{slug}/{figure.id}.png", figure.alt


def _open_graph(title: str, about: str, kind: str, address: str, picture) -> str:
    tags = {
        "title": title,
        "description": about,
        "type": kind,
        "url": address,
        "site_name": "Redrawn",
    }
    if picture:
        tags["image"], tags["image:alt"] = picture
    listed = "".join(
        f'<meta property="og:{k}" content="{escape(v, quote=True)}">' for k, v in tags.items()
    )
    return f'{listed}<meta name="description" content="{escape(about, quote=True)}">'


def _linked(item: dict) -> str:
    # "</script>" would end the script: a title may hold it
    text = json.dumps({"@context": SCHEMA_ORG, **item}, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'
