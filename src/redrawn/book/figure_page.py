"""The page of one figure, at its permanent address `figures/<slug>/<figure>.html`."""

from html import escape

from redrawn.book import cite, render, tables
from redrawn.book.catalogue import Catalogue
from redrawn.book.leaf import Leaf
from redrawn.book.record import FigureRecord
from redrawn.book.status import ChapterState


def figure_page(figure: FigureRecord, state: ChapterState, catalogue: Catalogue) -> Leaf:
    """Return a figure's page: picture, downloads, citations, how to run it again, provenance."""
    chapter, run = state.chapter, state.run
    paper = catalogue.papers[chapter.paper_of(figure.id)]
    folder = f"../../_static/figures/{chapter.slug}"
    base = f"{folder}/{figure.id}"
    picture = (
        f'<a class="image-reference" href="{base}.svg"><img alt="{escape(figure.alt)}" src="{base}.svg" '
        f'style="width: 100%"></a>'
    )
    caption = render.prose(f"{figure.caption} (Profile `{run.profile}`, seed {run.seed}.)")
    source = (
        f'<p>After <a href="../../papers/{paper.id}.html">{escape(paper.title)}</a>, from the chapter '
        f'<a href="../../{chapter.folder}/{chapter.slug}.html">{escape(chapter.title)}</a>.</p>'
    )
    downloads = "".join(
        f'<li><a href="{base}.{ext}" download>{ext.upper()}</a> '
        f"<small>SHA-256 <code>{figure.sha256[ext]}</code></small></li>"
        for ext in ("svg", "png", "pdf", "csv")
    )
    whole = (
        f'<p>The whole run: <a href="{folder}/{chapter.slug}.ipynb" download>executed notebook</a>, '
        f'<a href="{folder}/record.json">record</a>, '
        f'<a href="{folder}/ro-crate-metadata.json">RO-Crate</a>.</p>'
    )
    item = cite.csl(run, figure.id, paper)
    # as code, so that the copy button of every code block copies the citation
    citations = "".join(
        f"<p><strong>{name}</strong></p>{render.code(write(item).strip())}"
        for name, write in cite.FORMATS.items()
    )
    parts = [
        picture + caption + source,
        f"<ul>{downloads}</ul>{whole}",
        citations,
        render.prose(render.rerun(state)),
        tables.provenance(run),
    ]
    return Leaf("figures/_/figure", f"{chapter.slug}/{figure.id}", parts)
