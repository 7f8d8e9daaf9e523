"""Take over from the build before what is made of the same files as then."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from redrawn.book import atomic, paths
from redrawn.book.status import ChapterState


class Reuse:
    """What the last build staged, and from what."""

    def __init__(self, book: Path):
        """Read what `book`, the folder of the last build, was made from."""
        self.book = book
        self.file = paths.build() / "staged.json"
        known = self.file.is_file() and book.is_dir()
        self.before = json.loads(self.file.read_text()) if known else {}
        self.now: dict[str, str] = {}
        machinery = sorted(Path(__file__).parent.glob("*.py"))
        if not self.unchanged("machinery", (file.read_bytes() for file in machinery)):
            self.before = {}  # pages are written by other code

    def unchanged(self, name: str, parts: Iterable[bytes]) -> bool:
        """Say whether `name` was made of the same bytes last time."""
        digests = (hashlib.sha256(part).digest() for part in parts)
        self.now[name] = hashlib.sha256(b"".join(digests)).hexdigest()
        return self.before.get(name) == self.now[name]

    def take_over(self, state: ChapterState, staged: Path, wheel_address: str) -> bool:
        """Link a chapter's files of the last build into `staged`; return False where they would be out of date."""
        slug = state.chapter.slug
        if state.run is None or state.run.status == "failed":
            return False
        if not self.unchanged(slug, [*_sources(state), wheel_address.encode()]):
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


def _sources(state: ChapterState) -> list[bytes]:
    """Return the files that a chapter's pages are made of."""
    chapter, run = state.chapter, state.run
    place = paths.run_dir(run.profile, chapter.slug, run.seed)
    files = (
        place / "record.json",
        place / "chapter.ipynb",
        chapter.source.with_suffix(".yml"),
        paths.baseline_path(run.profile, chapter.slug),
        paths.root() / "book" / "references.bib",
    )
    return [file.read_bytes() if file.is_file() else b"" for file in files]
