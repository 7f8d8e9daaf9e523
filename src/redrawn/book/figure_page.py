"""The page of one figure, at its permanent address `figures/<slug>/<figure>.html`."""

from redrawn.book import cite, render, tables
from redrawn.book.catalogue import Catalogue
from redrawn.book.record import FigureRecord
from redrawn.book.status import ChapterState


def figure_page(figure: FigureRecord, state: ChapterState, catalogue: Catalogue) -> str:
    """Return a figure's page: picture, downloads, citations, how to run it again, provenance."""
    chapter, run = state.chapter, state.run
    paper = catalogue.papers[chapter.paper_of(figure.id)]
    base = f"../../_static/figures/{chapter.slug}/{figure.id}"
    downloads = "".join(
        f'<li><a href="{base}.{ext}" download>{ext.upper()}</a> '
        f"<small>SHA-256 <code>{figure.sha256[ext]}</code></small></li>"
        for ext in ("svg", "png", "pdf", "csv")
    )
    folder = f"../../_static/figures/{chapter.slug}"
    whole = (
        f'<p>The whole run: <a href="{folder}/{chapter.slug}.ipynb" download>executed notebook</a>, '
        f'<a href="{folder}/record.json">record</a>, '
        f'<a href="{folder}/ro-crate-metadata.json">RO-Crate</a>.</p>'
    )
    item = cite.csl(run, figure.id, paper)
    # fenced, so that the copy button of every code block copies the citation
    citations = "\n\n".join(
        f"**{name}**\n\n````text\n{write(item).strip()}\n````"
        for name, write in cite.FORMATS.items()
    )
    return f"""---
orphan: true
---

# {chapter.slug}/{figure.id}

```{{image}} {base}.svg
:alt: {figure.alt}
:width: 100%
```

{figure.caption} (Profile `{run.profile}`, seed {run.seed}.)

After {{doc}}`{render.escaped(paper.title)} <../../papers/{paper.id}>` {{cite}}`{paper.id}`, from the chapter
{{doc}}`{render.escaped(chapter.title)} <../../{chapter.folder}/{chapter.slug}>`.

## Download

{render.html(f"<ul>{downloads}</ul>{whole}")}

## Cite this figure

{citations}

## Rerun this figure

{render.rerun(state)}

## Where it is from

{render.html(tables.provenance(run))}
"""
