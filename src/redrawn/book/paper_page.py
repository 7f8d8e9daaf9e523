"""The page of one paper, at its permanent address `papers/<id>.html`."""

from html import escape

from redrawn.book import history, render, tables, verdicts
from redrawn.book.bibliography import Paper
from redrawn.book.catalogue import Catalogue
from redrawn.book.declaration import Claim
from redrawn.book.history import Version
from redrawn.book.leaf import Leaf
from redrawn.book.sparkline import sparkline
from redrawn.book.status import ChapterState
from redrawn.book.verdicts import Verdict


def paper_pages(
    state: ChapterState, catalogue: Catalogue, accepted: dict[str, list[Version]]
) -> dict[str, Leaf]:
    """Return the page of each paper of a chapter: citation, claims, what was measured, figures, history.

    Args:
        state: the chapter, at the profile that the book is built from.
        catalogue: the whole catalogue.
        accepted: the chapter's accepted baselines by profile, oldest first.

    """
    columns = _columns(state, accepted)
    return {
        paper: _page(catalogue.papers[paper], state, columns, accepted)
        for paper in state.chapter.papers
    }


def _page(
    paper: Paper,
    state: ChapterState,
    columns: dict[str, dict[str, Verdict]],
    accepted: dict[str, list[Version]],
) -> Leaf:
    chapter = state.chapter
    first = (
        f'<p>{citation(paper)} Chapter: <a href="../{chapter.folder}/{chapter.slug}.html">'
        f"{escape(chapter.title)}</a>.</p>"
    )
    if chapter.status == "planned":
        note = (
            '<div class="admonition note"><p class="admonition-title">Note</p>'
            "<p>No claim of this paper has been tested yet.</p></div>"
        )
        return Leaf("papers/_untested", paper.title, [first + note])
    claims = [c for c in chapter.claims if c.paper == paper.id]
    commands = (
        "\n".join(f"redrawn run {chapter.slug} --profile {profile}" for profile in columns)
        or f"redrawn run {chapter.slug}"
    )
    figures = _figures(paper, state)
    parts = [first, "".join(_claim(c, columns) for c in claims), *figures,
             render.code(commands), _history(claims, accepted)]  # fmt: skip
    return Leaf("papers/_drawn" if figures else "papers/_tested", paper.title, parts)


def citation(paper: Paper) -> str:
    """Return who wrote the paper, when and where, as far as it was looked up."""
    if not paper.confirmed:
        return "Title only: authors and place of publication have not been looked up yet."
    authors = ", ".join(" ".join(reversed(a.split(", ", 1))) for a in paper.authors)
    parts = [escape(authors), paper.year, paper.venue and f"<em>{escape(paper.venue)}</em>"]
    link = f' <a href="{escape(paper.link)}">{escape(paper.link)}</a>.' if paper.link else ""
    return ", ".join(p for p in parts if p) + "." + link


def _columns(
    state: ChapterState, accepted: dict[str, list[Version]]
) -> dict[str, dict[str, Verdict]]:
    """Return verdicts by profile and claim: of the run where there is one, of the last baseline elsewhere."""
    judged = {}
    for profile, versions in accepted.items():
        found = verdicts.judge(state.chapter, profile, versions[-1].record, None)
        judged[profile] = {v.claim.id: v for v in found}
    if state.run:
        judged[state.run.profile] = {v.claim.id: v for v in state.judged}
    return judged


def _claim(claim: Claim, columns: dict[str, dict[str, Verdict]]) -> str:
    how = f"{claim.setting}: {claim.stands_in}" if claim.stands_in else claim.setting
    rows = [
        f'<tr><th scope="row">{profile}</th><td>{escape(tables.measured(judged[claim.id]))}</td>'
        f"<td>{tables.badge(judged[claim.id].paper)}</td></tr>"
        for profile, judged in columns.items()
    ]
    head = ("Profile", "Measured, 95 % interval over seeds", "Against paper")
    return (
        f'<section class="claim" id="{claim.id}"><p>{escape(claim.statement)} '
        f"<small>({escape(claim.place)})</small></p>"
        f"<p><small>Setting: {escape(how)}. The paper reports: {escape(claim.reported)}. "
        f"The claim holds if measured is {escape(tables.expected(claim))}.</small></p>"
        f"{tables.scrolling(f'Measured: {claim.id}', head, rows)}</section>"
    )


def _figures(paper: Paper, state: ChapterState) -> list[str]:
    """Return the gallery of the paper's figures, nothing where none was drawn."""
    slug = state.chapter.slug
    cards = "".join(
        f'<a href="../figures/{slug}/{f.id}.html"><img src="../_static/figures/{slug}/{f.id}.svg" '
        f'alt="{escape(f.alt, quote=True)}"><span>{slug}/{f.id}</span></a>'
        for f in (state.run.figures if state.run else ())
        if state.chapter.paper_of(f.id) == paper.id
    )
    return [f'<div class="gallery">{cards}</div>'] if cards else []


def _history(claims: list[Claim], accepted: dict[str, list[Version]]) -> str:
    rows = []
    for claim in claims:
        for profile, versions in accepted.items():
            values = history.of_claim(claim, versions)
            if not values:
                continue
            names = list(values[-1][1])
            same = [(v, s) for v, s in values if list(s) == names]
            series = {name: [s[name] for _, s in same] for name in names}
            told = "; ".join(
                f"{v.day} {v.commit[:7]}: "
                + ", ".join(f"{n} {tables.interval(i)}".strip() for n, i in s.items())
                for v, s in same
            )
            # an ordering accepts a relation between its names, no region of values
            region = claim.expect.accepted() if names == [""] else (float("-inf"), float("inf"))
            drawn = sparkline(series, region, f"{claim.id} at {profile}: {told}")
            rows.append(
                f'<tr><th scope="row">{claim.id}, {profile}</th><td>{drawn}</td>'
                f"<td><details><summary>{len(same)} accepted</summary>{escape(told)}</details></td></tr>"
            )
    if not rows:
        return "<p>No baseline has been accepted yet.</p>"
    head = ("Claim", "Values, oldest left; shaded where the claim holds", "Versions")
    return tables.scrolling("Accepted values", head, rows)
