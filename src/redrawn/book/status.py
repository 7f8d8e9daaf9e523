"""The state of the whole book, computed from catalogue, records and baselines."""

from dataclasses import dataclass

from pydantic import TypeAdapter

# the standard one does not tell pydantic enough before 3.12
from typing_extensions import TypedDict

from redrawn.book import paths, record, verdicts
from redrawn.book.catalogue import Catalogue
from redrawn.book.declaration import Chapter
from redrawn.book.expectation import Interval
from redrawn.book.verdicts import Verdict


class ClaimStatus(TypedDict):
    """One claim in the feed; `measured` by name, or under `value`."""

    id: str
    setting: str
    expected: str
    measured: dict[str, Interval] | None
    verdict: str
    baseline: str


class PaperStatus(TypedDict):
    """One paper in the feed; `profile` is of the run that was judged."""

    id: str
    chapter: str
    verdict: str
    baseline: str
    settings: list[str]
    profile: str | None
    claims: list[ClaimStatus]


class ChapterStatus(TypedDict):
    """One chapter in the feed."""

    slug: str
    part: str
    status: str


class BookStatus(TypedDict):
    """The feed `status.json`."""

    papers: list[PaperStatus]
    chapters: list[ChapterStatus]


def schema() -> dict:
    """Return the JSON Schema of the feed."""
    return TypeAdapter(BookStatus).json_schema()


@dataclass(frozen=True)
class ChapterState:
    """One chapter at one profile: its run, its baseline, and the verdict on each claim."""

    chapter: Chapter
    run: record.Record | None
    baseline: record.Record | None
    judged: list[Verdict]

    @property
    def status(self) -> str:
        """Say where the chapter stands: planned, not run, failed, drifted or ok."""
        if self.chapter.status == "planned":
            return "planned"
        if self.run is None:
            return "not run"
        found = {v.baseline for v in self.judged}
        if self.run.status == "failed" or "error" in found:
            return "failed"
        return "drifted" if "drifted" in found else "ok"


def of_chapter(chapter: Chapter, profile: str, seed: int = 0) -> ChapterState:
    """Return a chapter's state.

    Raises:
        RecordError: its record or baseline is damaged.

    """
    run = record.load(paths.run_dir(profile, chapter.slug, seed) / "record.json")
    return of_run(chapter, profile, run)


def of_run(chapter: Chapter, profile: str, run: record.Record | None) -> ChapterState:
    """Return a chapter's state as `run` shows it; raises as `of_chapter` does."""
    baseline = accepted(chapter.slug, profile)
    return ChapterState(chapter, run, baseline, verdicts.judge(chapter, profile, run, baseline))


def accepted(slug: str, profile: str) -> record.Record | None:
    """Return the baseline that a chapter's runs are compared with; raises RecordError if it is damaged."""
    return record.load(paths.baseline_path(profile, slug), "restore it with git")


def of_chapters(catalogue: Catalogue, profile: str) -> dict[str, ChapterState]:
    """Return every chapter's state, by slug; raises as `of_chapter` does."""
    return {slug: of_chapter(chapter, profile) for slug, chapter in catalogue.chapters.items()}


def of_book(states: dict[str, ChapterState], profile: str) -> BookStatus:
    """Return the state of all papers and chapters, as `redrawn status --json` prints it."""
    papers, chapters = [], []
    for state in states.values():
        chapter = state.chapter
        chapters.append({"slug": chapter.slug, "part": chapter.part, "status": state.status})
        for paper in chapter.papers:
            own = [v for v in state.judged if v.claim.paper == paper]
            paper_verdict, baseline_verdict = (
                verdicts.of_paper(own) if chapter.status == "written" else ("planned", "planned")
            )
            papers.append(
                {
                    "id": paper,
                    "chapter": chapter.slug,
                    "verdict": paper_verdict,
                    "baseline": baseline_verdict,
                    "settings": sorted({v.claim.setting for v in own}),
                    "profile": profile if state.run else None,
                    "claims": [_claim(v) for v in own],
                }
            )
    return {"papers": papers, "chapters": chapters}


def _claim(v: Verdict) -> ClaimStatus:
    measured = None
    if v.measured is not None:
        measured = {name or "value": found.model_dump() for name, found in v.measured.items()}
    return {
        "id": v.claim.id,
        "setting": v.claim.setting,
        "expected": v.claim.expect.describe(),
        "measured": measured,
        "verdict": v.paper,
        "baseline": v.baseline,
    }
