"""Verdicts and provenance as HTML, for pages and for notebooks alike."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from redrawn.book.declaration import Claim
from redrawn.book.expectation import Interval
from redrawn.book.record import Record
from redrawn.book.verdicts import SYMBOL, Verdict


def number(value: float) -> str:
    """Write a number to three significant digits, as people do."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        digits = f"{value:.3g}"
        return f"{value:.0f}" if "e" in digits else digits
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def interval(measured: Interval, unit: str = "") -> str:
    """Write a measured value with its 95 % interval over seeds."""
    text = number(measured.value)
    if measured.n > 1:
        text += f" [{number(measured.low)}, {number(measured.high)}]"
    return f"{text} {unit}".strip()


def measured(verdict: Verdict) -> str:
    """Write what was measured for a claim: one value, or one a name."""
    if verdict.measured is None:
        return verdict.problem or "not decided at this profile"
    unit = verdict.claim.unit
    return "; ".join(
        f"{name}: {interval(found, unit)}" if name else interval(found, unit)
        for name, found in verdict.measured.items()
    )


def claim_value(verdict: Verdict) -> str:
    """Write a claim's value for a sentence; hovering, a tap or the keyboard shows what stands behind it."""
    claim = verdict.claim
    seeds = max((found.n for found in (verdict.measured or {}).values()), default=0)
    facts = [
        f"The paper: {claim.reported}",
        f"expected {expected(claim)}",
        f"{SYMBOL[verdict.paper]} {verdict.paper}",
        f"setting: {claim.setting}",
        f"{seeds} seeds" if seeds > 1 else "an exact value",
    ]
    return (
        f'<button type="button" class="claim-value"><strong>{escape(measured(verdict))}</strong>'
        f'<span class="claim-facts">{escape("; ".join(facts))}</span></button>'
    )


def expected(claim: Claim) -> str:
    """Write what a claim expects, with its unit."""
    return f"{claim.expect.describe()} {claim.unit}".strip()


def scrolling(label: str, head: Iterable[str], rows: Iterable[str], table_id: str = "") -> str:
    """Return a table that scrolls by itself; `head` and `rows` are markup, `label` is text."""
    named = f' id="{table_id}"' if table_id else ""
    header = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    return (
        f'<div class="verdict-table" tabindex="0" role="region" aria-label="{escape(label, quote=True)}">'
        f"<table{named}><thead><tr>{header}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def badge(word: str, text: str = "") -> str:
    """Write a verdict, or a `text` about it, with its symbol: never by colour alone."""
    kind = word.replace(" ", "-")
    return f'<span class="verdict verdict-{kind}">{SYMBOL[word]} {escape(text or word)}</span>'


def verdicts_by_paper(judged: list[Verdict], titles: dict[str, str]) -> str:
    """Return one line a paper that counts its verdicts, each opening the table of its claims."""
    parts = []
    for paper, title in titles.items():
        own = [v for v in judged if v.claim.paper == paper]
        counts = [*Counter(v.paper for v in own).items()]
        counts += [*Counter(v.baseline for v in own if v.baseline in ("drifted", "new")).items()]
        badges = " ".join(badge(word, f"{word}: {number}") for word, number in counts)
        parts.append(
            f'<details class="paper-verdicts"><summary><span>{escape(title)}</span> {badges}'
            f"</summary>{verdict_table(own, title)}"
            f'<p><a href="../papers/{paper}.html">All of this paper, in every profile and over time</a></p></details>'
        )
    return "".join(parts)


def verdict_table(judged: list[Verdict], title: str = "") -> str:
    """Return the table of claims, in the order given; `title` says whose they are."""
    head = ("Claim", "Expected", "Measured", "Against paper", "Against baseline")
    rows = []
    for v in judged:
        claim = v.claim
        how = f": {escape(claim.stands_in)}" if claim.stands_in else ""
        cells = (
            f"{escape(claim.statement)} <small>({escape(claim.place)})</small>"
            f"<details><summary>Setting: {claim.setting}</summary>"
            f"<p>{claim.setting}{how}.</p></details>",
            escape(expected(claim)) + f"<br><small>Paper: {escape(claim.reported)}</small>",
            escape(measured(v)),
            badge(v.paper),
            badge(v.baseline),
        )
        first, *rest = cells
        rows.append(
            f'<tr id="claim-{v.claim.id}"><th scope="row">{first}</th>'
            + "".join(f"<td>{cell}</td>" for cell in rest)
            + "</tr>"
        )
    return scrolling(f"Verdicts: {title}" if title else "Verdicts", head, rows)


def provenance(record: Record) -> str:
    """Return the provenance of a run as a definition list."""
    p = record.provenance
    facts = {
        "Profile": record.profile,
        "Seed": record.seed,
        "Device": record.device,
        "Commit": p.commit[:12] + (" (with uncommitted changes)" if p.dirty else ""),
        "Lock file": p.lock_sha256[:12],
        "Data": ", ".join(f"{k} {v[:12]}" for k, v in p.data_sha256.items())
        or "inside the packages",
        "Versions": ", ".join(f"{k} {v}" for k, v in p.versions.items()),
        "Machine": p.machine,
        "Started": p.started,
        "Took": f"{p.wall_seconds:.0f} s, at most {p.peak_mb:.0f} MB",
    }
    items = "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items())
    return f'<dl class="provenance">{items}</dl>'
