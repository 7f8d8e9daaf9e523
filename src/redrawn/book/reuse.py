"""Take a chapter's staged pages over from the build before, where nothing that they show has changed."""

import hashlib
import json
import os
import shutil
from functools import cache
from pathlib import Path

from redrawn.book import atomic, paths
from redrawn.book.status import ChapterState


class Reuse:
    """What the last build staged for each chapter, and from what."""

    def __init__(self, book: Path, wheel_address: str):
        """Read what `book`, the folder of the last build, was made from."""
        self.book, self.wheel_address = book, wheel_address
        self.file = paths.build() / "staged.json"
        self.before = (
            json.loads(self.file.read_text()) if self.file.is_file() and book.is_dir() else {}
        )
        self.now: dict[str, str] = {}

    def take_over(self, state: ChapterState, staged: Path) -> bool:
        """Link a chapter's files of the last build into `staged`; return False where they would be out of date."""
        slug = state.chapter.slug
        self.now[slug] = self._fingerprint(state)
        if (
            state.run is None
            or state.run.status == "failed"
            or self.before.get(slug) != self.now[slug]
        ):
            return False
        page = Path(state.chapter.folder, f"{slug}.ipynb")
        (staged / page).with_suffix(".md").unlink()
        for place in (page, Path("_static/thumbnails", f"{slug}.webp")):
            (staged / place).parent.mkdir(parents=True, exist_ok=True)
            os.link(self.book / place, staged / place)
        for place in (Path("figures", slug), Path("_static/figures", slug)):
            shutil.copytree(self.book / place, staged / place, copy_function=os.link)
        return True

    def remember(self) -> None:
        """Keep what this build was made from; to be called once it is in its place."""
        atomic.write_text(self.file, json.dumps(self.now))

    def _fingerprint(self, state: ChapterState) -> str:
        chapter, root = state.chapter, paths.root()
        if state.run is None:
            return ""
        run = paths.run_dir(state.run.profile, chapter.slug, state.run.seed)
        files = (
            run / "record.json",
            run / "chapter.ipynb",
            chapter.source.with_suffix(".yml"),
            paths.baseline_path(state.run.profile, chapter.slug),
            root / "book" / "references.bib",
        )
        parts = [file.read_bytes() if file.is_file() else b"" for file in files]
        parts += [_machinery(), self.wheel_address.encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@cache
def _machinery() -> bytes:
    """Return the sources that pages are written by."""
    return b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
