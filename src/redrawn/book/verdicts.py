"""The two verdicts on a claim, kept apart: against the paper, and against our own baseline."""

import math
from dataclasses import dataclass
from typing import Literal

from redrawn.book import drift
from redrawn.book.declaration import Chapter, Claim
from redrawn.book.expectation import Interval, MeasurementError
from redrawn.book.record import Record

AgainstPaper = Literal["holds", "does not hold", "not tested", "error"]
AgainstBaseline = Literal["unchanged", "drifted", "new", "not tested", "error"]

SYMBOL = {
    "holds": "✓", "does not hold": "✗", "not tested": "○", "error": "!", "planned": "·",
    "unchanged": "=", "drifted": "≠", "new": "+", "mixed": "◐",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What became of one claim in one run."""

    claim: Claim
    paper: AgainstPaper
    baseline: AgainstBaseline
    measured: dict[str, Interval] | None = None
    problem: str = ""


def judge(chapter: Chapter, profile: str, record: Record | None, baseline: Record | None):
    """Return a Verdict for every claim of `chapter`, in its order."""
    return [_judge_claim(claim, profile, record, baseline) for claim in chapter.claims]


def _judge_claim(claim: Claim, profile: str, record: Record | None, baseline: Record | None):
    if record is None or profile not in claim.profiles:
        return Verdict(claim, "not tested", "not tested")
    if record.status == "failed":
        return Verdict(claim, "error", "error", problem=record.error)
    try:
        if claim.id not in record.measured:
            raise MeasurementError("not measured")
        measured = record.measured[claim.id]
        summary = claim.expect.summary(measured)
        against_paper = "holds" if claim.expect.holds(measured) else "does not hold"
        against_baseline = _against_baseline(claim, measured, baseline)
    except MeasurementError as error:
        return Verdict(claim, "error", "error", problem=str(error))
    return Verdict(claim, against_paper, against_baseline, summary)


def _against_baseline(claim: Claim, measured, baseline: Record | None) -> AgainstBaseline:
    if baseline is None or claim.id not in baseline.measured:
        return "new"
    try:
        before = claim.expect.samples(baseline.measured[claim.id])
    except MeasurementError:  # the claim's kind was changed since: nothing to compare with
        return "new"
    after = claim.expect.samples(measured)
    effect = claim.expect.effect()
    effect = effect if math.isfinite(effect) else 0.0  # an ordering without a margin has none
    return "drifted" if drift.drifted(before, after, claim.resolution, effect) else "unchanged"


def worst(verdicts, order: tuple[str, ...], empty: str) -> str:
    """Return the first of `order` that occurs among `verdicts`, `empty` where none does."""
    return next((name for name in order if name in verdicts), empty)


def of_paper(verdicts: list[Verdict]) -> tuple[str, str]:
    """Sum up one paper's claims: a paper holds when every claim that was tested does."""
    paper = worst({v.paper for v in verdicts}, ("error", "does not hold", "holds"), "not tested")
    baseline = worst(
        {v.baseline for v in verdicts}, ("error", "drifted", "new", "unchanged"), "not tested"
    )
    return paper, baseline
