"""Accepted baselines: the record that later runs are compared with, and its headline figure."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from redrawn.book import paths, published, status, tables
from redrawn.book.declaration import Chapter
from redrawn.book.record import Record, RecordError


@dataclass(frozen=True)
class Change:
    """A run beside the baseline that it would replace."""

    run: Record
    rows: list[tuple[str, str, str, str]]


def compare(chapter: Chapter, profile: str) -> Change:
    """Return each claim's accepted and new value, side by side.

    Raises:
        RecordError: there is no run that could be accepted.

    """
    state = status.of_chapter(chapter, profile)
    if state.run is None or state.status == "failed":
        problems = "; ".join(f"{v.claim.id}: {v.problem}" for v in state.judged if v.problem)
        raise RecordError(
            f"{chapter.slug} has no good run at {profile} to accept ({problems or 'not run'})"
        )
    before = {}
    if state.baseline:
        for claim in chapter.claims:
            if claim.id in state.baseline.measured:
                old = status.verdicts.Verdict(
                    claim, "not tested", "not tested",
                    claim.expect.summary(state.baseline.measured[claim.id]),
                )  # fmt: skip
                before[claim.id] = tables.measured(old)
    rows = [
        (v.claim.id, before.get(v.claim.id, "—"), tables.measured(v), f"{v.paper}, {v.baseline}")
        for v in state.judged
        if v.measured
    ]
    return Change(state.run, rows)


def accept(chapter: Chapter, run: Record) -> Path:
    """Make `run` the baseline, and its figures' ids published; return its file."""
    place = paths.baseline_path(run.profile, chapter.slug)
    run.save(place)
    figures = paths.run_dir(run.profile, chapter.slug, run.seed) / "figures"
    drawn = figures / f"{chapter.headline_figure}.svg"
    shutil.copy2(drawn, place.with_suffix(".svg"))
    published.add([f"{chapter.slug}/{figure.id}" for figure in run.figures])
    return place
