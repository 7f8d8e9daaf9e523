"""Fill in what a page says about its own run: verdicts, numbers, figures, provenance.

A chapter's text names them, and never types them:

    {measured}`claim-id`  {verdict}`claim-id`  {number}`name`      inside a sentence
    ```{redrawn-figure} figure-id      ```{verdicts}      ```{provenance}      as blocks
"""

import re
from html import escape

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import redrawn
from redrawn.book import tables
from redrawn.book.catalogue import Catalogue
from redrawn.book.record import FigureRecord
from redrawn.book.status import ChapterState

ROLE = re.compile(r"\{(measured|verdict|number)\}`([^`]+)`")
PROSE = MarkdownIt("commonmark", {"html": False}).use(
    dollarmath_plugin, renderer=lambda math, _: rf"\({escape(math)}\)"
)
BLOCK = re.compile(r"^```\{(redrawn-figure|verdicts|provenance)\} *(\S*)\n```$", re.MULTILINE)


class RenderError(Exception):
    """A page names a claim, number or figure that its run does not have."""


def text(source: str, state: ChapterState, catalogue: Catalogue) -> str:
    """Return `source` with every role and block filled in from the chapter's run.

    Raises:
        RenderError: something named is not there.

    """

    def role(match: re.Match) -> str:
        return _role(match[1], match[2], state)

    def block(match: re.Match) -> str:
        return _block(match[1], match[2], state, catalogue)

    return ROLE.sub(role, BLOCK.sub(block, source))


def _role(kind: str, name: str, state: ChapterState) -> str:
    if kind == "number":
        if name not in state.run.numbers:
            raise RenderError(f"{state.chapter.slug}: no number {name!r} was registered")
        return tables.number(state.run.numbers[name])
    found = {v.claim.id: v for v in state.judged}.get(name)
    if found is None:
        raise RenderError(f"{state.chapter.slug}: no claim {name!r} is declared")
    if kind == "measured":
        return tables.claim_value(found)
    return f"**{found.paper}**"


def _block(kind: str, name: str, state: ChapterState, catalogue: Catalogue) -> str:
    if kind == "verdicts":
        titles = {p: catalogue.papers[p].title for p in state.chapter.papers}
        return html(tables.verdicts_by_paper(state.judged, titles))
    if kind == "provenance":
        slug = state.chapter.slug
        taken = (
            f'<p><a href="../_static/figures/{slug}/{slug}.ipynb" download>Download this chapter</a> as an executed '
            "notebook; its first cell installs what it needs.</p>"
        )
        return html(tables.provenance(state.run) + taken) + "\n\n" + rerun(state)
    found = {f.id: f for f in state.run.figures}.get(name)
    if found is None:
        raise RenderError(f"{state.chapter.slug}: no figure {name!r} was drawn")
    return figure(found, state, catalogue.papers[state.chapter.paper_of(name)].title)


def figure(found: FigureRecord, state: ChapterState, title: str) -> str:
    """Return a figure as MyST: picture, alt text, caption, its profile, downloads, and how to cite it."""
    slug = state.chapter.slug
    base = f"../_static/figures/{slug}/{found.id}"
    links = " · ".join(
        f'<a href="{base}.{ext}" download>{ext.upper()}</a>' for ext in ("svg", "png", "pdf", "csv", "json")
    )  # fmt: skip
    return (
        f"````{{figure}} {base}.svg\n---\nname: {slug}--{found.id}\nalt: {_yaml(found.alt)}\n"
        f"width: 100%\n---\n{found.caption} (Profile `{state.run.profile}`, seed {state.run.seed}.)\n````\n\n"
        + html(
            f'<p class="downloads">This figure: {links}. Cite as: The Redrawn authors, <i>Redrawn</i> '
            f'{redrawn.__version__}, figure <a href="../figures/{slug}/{found.id}.html">'
            f"{slug}/{found.id}</a>, after <i>{escape(title)}</i>.</p>"
        )
    )


def _yaml(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def html(markup: str) -> str:
    """Return markup as MyST that passes it through."""
    return f"```{{raw}} html\n{markup}\n```"


def prose(text: str) -> str:
    """Return Markdown, with $mathematics$ as MathJax reads it, as HTML."""
    return PROSE.render(text)


def code(text: str) -> str:
    """Return text as the HTML of a code block, which the theme gives a button to copy it."""
    return (
        '<div class="highlight-text notranslate"><div class="highlight">'
        f"<pre>{escape(text)}</pre></div></div>"
    )


def rerun(state: ChapterState) -> str:
    """Say how to run this chapter again, and what it costs."""
    took = state.run.provenance
    return (
        f"Run it again: `redrawn run {state.chapter.slug} --profile {state.run.profile} --force` "
        f"({took.wall_seconds:.0f} s and {took.peak_mb:.0f} MB here, on one core)."
    )


def planned_page(state: ChapterState, catalogue: Catalogue) -> str:
    """Return the page of a chapter that has no run: its question, its papers, and that it is not there."""
    chapter = state.chapter
    said = {
        "planned": "This chapter is not written yet. No claim of its papers has been tested.",
        "not run": f"This chapter has not been run here: `redrawn run {chapter.slug}`.",
        "failed": f"This chapter's run failed: `{state.run.error}`" if state.run else "",
    }[state.status]
    papers = "\n".join(
        f"- {'**' if p == chapter.headline else ''}{escaped(catalogue.papers[p].title)}"
        f"{'** (headline)' if p == chapter.headline else ''}"
        for p in chapter.papers
    )
    kind = "error" if state.status == "failed" else "note"
    return (
        f"# {chapter.title}\n\n{chapter.question.strip()}\n\n:::{{{kind}}}\n{said}\n:::\n\n"
        f"## Papers\n\n{papers}\n"
    )


def escaped(title: str) -> str:
    """Return a title as MyST text: nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>$#])", r"\\\1", title)
