"""The chapter API: what a notebook calls to register what it measured and drew.

    chapter = open_chapter("implicit-representations", profile, seed, device)
    chapter.measure("siren-psnr", values)
    chapter.figure("siren-fit", figure, data=frame, caption="…", alt="…")
    chapter.close()

`close` fails unless exactly what the chapter's `.yml` declares was registered.
"""

import gc
import inspect
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from redrawn.book import atomic, catalogue, offline, paths, style, tables, verdicts
from redrawn.book.declaration import Chapter
from redrawn.book.device import DEVICES, resolve_device
from redrawn.book.record import FigureRecord

DRAFT = "draft.json"


class ChapterError(Exception):
    """A chapter and its `.yml` disagree."""


class OpenChapter:
    """One run of a chapter in progress."""

    def __init__(self, chapter: Chapter, profile: str, seed: int, device: str, out: Path):
        self.chapter, self.profile, self.seed, self.device = chapter, profile, seed, device
        self.out = out
        self.measured: dict[str, object] = {}
        self.numbers: dict[str, float] = {}
        self.figures: dict[str, FigureRecord] = {}

    def measure(self, claim_id: str, value) -> None:
        """Register a claim's measurement: a number, one a seed, or a mapping of those.

        A claim that this profile does not decide is checked like any other, and not recorded.

        Raises:
            ChapterError: the claim is not declared, or was measured already.
            MeasurementError: the value is NaN, infinite, empty or of the wrong form.

        """
        try:
            claim = self.chapter.claim(claim_id)
        except KeyError as error:
            raise ChapterError(f"claim {claim_id!r} is not declared") from error
        if claim_id in self.measured:
            raise ChapterError(f"claim {claim_id!r} was measured already")
        value = to_plain(value)
        samples = claim.expect.samples(value)
        if claim.seeded and min(s.size for s in samples.values()) < 2:
            raise ChapterError(f"claim {claim_id!r} is seeded: give one value a seed")
        if self.profile in claim.profiles:
            self.measured[claim_id] = value

    def number(self, name: str, value: float) -> None:
        """Register a number that the prose embeds by name, as {number}`name`."""
        if name in self.numbers or not np.isfinite(value):
            raise ChapterError(f"number {name!r}: stands twice or is not finite ({value})")
        self.numbers[name] = float(value)

    def figure(
        self, figure_id: str, figure: Figure, *, data: pd.DataFrame, caption: str, alt: str
    ) -> None:
        """Register and save a figure with its caption, alt text and the numbers behind it."""
        if figure_id not in {f.id for f in self.chapter.figures} or figure_id in self.figures:
            raise ChapterError(f"figure {figure_id!r} is not declared, or stands twice")
        if len(alt.split()) < 5 or not caption.strip():
            raise ChapterError(f"figure {figure_id!r}: write a caption, and alt text of a sentence")
        if data.empty:
            raise ChapterError(f"figure {figure_id!r}: no data behind it")
        sha256 = style.save(figure, data, self.out / "figures", figure_id)
        plt.close(figure)
        self.figures[figure_id] = FigureRecord(
            id=figure_id,
            caption=" ".join(caption.split()),
            alt=" ".join(alt.split()),
            sha256=sha256,
        )

    def source(self, method) -> Markdown:
        """Show a method's source, with a link to its place in the package."""
        lines, first = inspect.getsourcelines(method)
        module = inspect.getmodule(method).__name__.replace(".", "/")
        link = f"../_static/source/{module}.html#L-{first}"
        last = first + len(lines) - 1
        return Markdown(
            f"<details><summary>Source of <code>{method.__name__}</code></summary>\n\n"
            f'<p><a href="{link}">{module}.py</a>, lines {first}–{last}</p>\n\n'
            f"```python\n{''.join(lines)}```\n\n</details>"
        )

    def verdicts(self) -> HTML:
        """Render the verdict table of what was measured so far (the page has it at the top)."""
        record = _Draft(status="ok", measured=self.measured)
        judged = verdicts.judge(self.chapter, self.profile, record, None)
        return HTML(tables.verdict_table([v for v in judged if v.claim.id in self.measured]))

    def close(self) -> None:
        """Check that all that was declared was registered, and hand over to the recorder."""
        missing = [c.id for c in self.chapter.decided_in(self.profile) if c.id not in self.measured]
        undrawn = [f.id for f in self.chapter.figures if f.id not in self.figures]
        if missing or undrawn:
            raise ChapterError(
                f"declared in {self.chapter.slug}.yml, not registered: claims {missing}, "
                f"figures {undrawn}"
            )
        draft = {
            "measured": self.measured,
            "numbers": self.numbers,
            "figures": [f.model_dump() for f in self.figures.values()],
        }
        atomic.write_text(self.out / DRAFT, json.dumps(draft))


class _Draft:
    """The part of a Record that verdicts need, before there is one."""

    def __init__(self, status: str, measured: dict):
        self.status, self.measured = status, measured


def to_plain(value):
    """Return numbers, arrays, tensors, Series and mappings of them as what JSON holds."""
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value, dtype=float).tolist()


def open_chapter(
    slug: str, profile: str = "quick", seed: int = 0, device: str = "auto"
) -> OpenChapter:
    """Open a chapter for a run; outside of `redrawn run` its files go to `_build/drafts`.

    Raises:
        CatalogueError: no such chapter.
        ChapterError: no such profile or device.

    """
    chapter = catalogue.find_chapter(slug)
    if profile not in paths.PROFILES:
        raise ChapterError(f"no profile {profile!r}: one of {', '.join(paths.PROFILES)}")
    if device not in DEVICES:
        raise ChapterError(f"no device {device!r}: one of {', '.join(DEVICES)}")
    style.use()
    if "REDRAWN_OUT" in os.environ:  # a run, and not somebody's own notebook
        offline.enforce()
        gc.freeze()  # what is imported stays until the kernel ends: the collector need not walk it again and again
    drafts = paths.build() / "drafts" / profile / paths.run_name(slug, seed)
    out = Path(os.environ.get("REDRAWN_OUT", drafts))
    out.mkdir(parents=True, exist_ok=True)
    return OpenChapter(chapter, profile, seed, resolve_device(device), out)
