"""What a chapter's `.yml` declares: papers, figures, claims, and what a run needs."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from redrawn.book import paths
from redrawn.book.entry import Entry, Id, Profile, Text
from redrawn.book.expectation import Expectation


class DeclaredFigure(Entry):
    """A figure that a chapter promises to draw."""

    id: Id
    paper: Id


class Claim(Entry):
    """One claim of a paper, and what decides it."""

    id: Id
    paper: Id
    statement: Text
    place: Text
    setting: Literal["paper", "reduced", "analogue"]
    stands_in: Text | None = None
    reported: Text = "no number given"
    unit: str = ""
    profiles: tuple[Profile, ...] = Field(default=("quick", "standard"), min_length=1)
    seeded: bool = True
    resolution: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    expect: Expectation

    @model_validator(mode="after")
    def _complete(self):
        if self.setting != "paper" and not self.stands_in:
            raise ValueError(
                f"a claim with setting {self.setting!r} must say what stands_in for what"
            )
        if self.resolution and self.resolution >= self.expect.effect():
            raise ValueError(
                f"resolution {self.resolution:g} is wider than the effect {self.expect.effect():g}"
            )
        return self


class Need(Entry):
    """What a run at one profile needs of a machine."""

    seconds: int = Field(gt=0)
    mem_mb: int = Field(gt=0)
    gpu: int = Field(default=0, ge=0)


DEFAULT_NEEDS = {
    "quick": Need(seconds=60, mem_mb=2000),
    "standard": Need(seconds=1200, mem_mb=6000),
    "paper": Need(seconds=86400, mem_mb=24000, gpu=1),
}


class Chapter(Entry):
    """One chapter: its question, its papers, and what it promises to draw and decide."""

    slug: Id
    title: Text
    part: Text
    status: Literal["planned", "written"]
    question: Text
    headline: Id
    papers: tuple[Id, ...] = Field(min_length=1)
    datasets: tuple[Id, ...] = ()
    needs: dict[Profile, Need] = DEFAULT_NEEDS
    figures: tuple[DeclaredFigure, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def folder(self) -> str:
        """Return the part's folder below `book/`."""
        return re.sub(r"[^a-z0-9]+", "-", self.part.lower()).strip("-")

    @property
    def source(self) -> Path:
        """Return the chapter's text."""
        return paths.root() / "book" / self.folder / f"{self.slug}.md"

    def claim(self, claim_id: str) -> Claim:
        """Return the claim of that id, or raise KeyError."""
        return next((c for c in self.claims if c.id == claim_id), None) or _unknown(claim_id)

    @property
    def headline_figure(self) -> str:
        """Return the id of the headline paper's first figure; a written chapter has one."""
        return next(f.id for f in self.figures if f.paper == self.headline)

    def paper_of(self, figure_id: str) -> str:
        """Return the id of the paper that a declared figure is drawn for."""
        return next(f.paper for f in self.figures if f.id == figure_id)

    def decided_in(self, profile: str) -> list[Claim]:
        """Return the claims that a run at `profile` must measure."""
        return [claim for claim in self.claims if profile in claim.profiles]

    @model_validator(mode="after")
    def _consistent(self):
        for kind, ids in (
            ("papers", self.papers),
            ("claims", [c.id for c in self.claims]),
            ("figures", [f.id for f in self.figures]),
        ):
            if twice := {i for i in ids if list(ids).count(i) > 1}:
                raise ValueError(f"{kind}: {', '.join(sorted(twice))} stands twice")
        named = {self.headline, *(x.paper for x in (*self.claims, *self.figures))}
        if strangers := named - set(self.papers):
            raise ValueError(f"not among this chapter's papers: {', '.join(sorted(strangers))}")
        if self.status == "written":
            if untested := set(self.papers) - {c.paper for c in self.claims}:
                raise ValueError(f"written, yet without a claim: {', '.join(sorted(untested))}")
            if not any(f.paper == self.headline for f in self.figures):
                raise ValueError("written, yet the headline paper has no figure")
        elif self.claims or self.figures:
            raise ValueError("claims or figures in a chapter whose status is 'planned'")
        return self


def _unknown(claim_id: str):
    raise KeyError(f"no claim {claim_id!r} in this chapter's .yml")
