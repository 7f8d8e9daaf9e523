"""After Sphinx: every page is lightened or fills its frame, and the icon font holds the icons that pages name."""

import logging
import multiprocessing
import os
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from redrawn.book import leaf
from redrawn.book.lighten import lighten

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table that it cuts

ICON = re.compile(r"\bfa-[a-z-]+\b")
GLYPH = re.compile(r"((?:\.fa-[a-z0-9-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"\}")

# files that Sphinx would only copy, once more at every build: it leaves them out (`_config.yml`), and nobody writes into
# a staged file, so that it can be the site's as well
UNTOUCHED = ("_static/figures", "_static/source")


def finish(built: Path, staged: Path, html: Path, before: Path, tags: dict[str, str]) -> None:
    """Copy the site that Sphinx built of `staged` to `html`: every page lightened, and `tags[page]` in its head.

    What is as it was in `before`, the site of the last build, is that file itself.
    """

    def take(source: str, target: str) -> None:
        place = Path(source).relative_to(built)
        is_page = source.endswith(".html") and place.parts[0] != "_static"
        if not is_page and not _take_over(before / place, Path(source), Path(target)):
            shutil.copy2(source, target)

    # "_" holds the frame of figures' pages alone
    ignored = shutil.ignore_patterns("*.map", "fontawesome", "_")
    shutil.copytree(built, html, ignore=ignored, copy_function=take)
    for folder in UNTOUCHED:
        if (staged / folder).is_dir():
            shutil.copytree(
                staged / folder, html / folder, copy_function=os.link, dirs_exist_ok=True
            )
    leaves = leaf.staged(staged)
    pages = _Pages(built, html, before, tags, leaves)
    found = (page.relative_to(built).with_suffix("").as_posix() for page in built.rglob("*.html"))
    places = [p for p in found if not p.startswith("_static") and p not in leaf.FRAMES]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        icons = set().union(*pool.map(pages.finish, [*places, *leaves], chunksize=50))
    for fontawesome in (built / "_static" / "vendor" / "fontawesome").glob("*"):
        place = html / fontawesome.relative_to(built)
        shutil.copytree(fontawesome, place)
        _keep_icons(place, icons)


def _take_over(old: Path, source: Path, target: Path) -> bool:
    """Link the last build's file to `target` if it was made of a `source` of the same time."""
    same = old.is_file() and old.stat().st_mtime_ns == source.stat().st_mtime_ns
    if same:
        os.link(old, target)
    return same


@dataclass(frozen=True)
class _Pages:
    """Where pages are, what stands in their heads, and the files of those that fill a frame."""

    built: Path
    html: Path
    before: Path
    tags: dict[str, str]
    leaves: dict[str, Path]

    def finish(self, place: str) -> set[str]:
        """Write one page, lightened; return the icons that it names."""
        source, page, old = (
            folder / f"{place}.html" for folder in (self.built, self.html, self.before)
        )
        head = self.tags.get(f"{place}.html", "")
        filling = leaf.load(self.leaves[place]) if place in self.leaves else None
        frame = self.built / f"{filling.frame}.html" if filling else source
        # by its time the next build knows what the page was made of
        times = [file.stat().st_mtime_ns for file in (frame, self.leaves.get(place, frame))]
        page.parent.mkdir(parents=True, exist_ok=True)
        if (
            old.is_file()
            and old.stat().st_mtime_ns == max(times)
            and head in (text := old.read_text(encoding="utf-8"))
        ):
            os.link(old, page)
            return set(ICON.findall(text))
        text = frame.read_text(encoding="utf-8")
        text = lighten(filling.fill(text, place) if filling else text, page.parent, head)
        page.write_text(text, encoding="utf-8")
        os.utime(page, ns=(max(times),) * 2)
        return set(ICON.findall(text))


def _keep_icons(folder: Path, icons: set[str]) -> None:
    """Cut the icon font down to the icons that pages name, and drop the rest."""
    style = next((folder / "css").glob("*.css"))
    points = {
        int(point, 16)
        for names, point in GLYPH.findall(style.read_text(encoding="utf-8"))
        if icons & set(ICON.findall(names))
    }
    solid = folder / "webfonts" / "fa-solid-900.woff2"
    font = TTFont(solid)
    cut = subset.Subsetter()
    cut.populate(unicodes=points)
    cut.subset(font)
    font.flavor = "woff2"
    font.save(solid)
    for other in (folder / "webfonts").iterdir():
        if other != solid:
            other.unlink()
    shutil.rmtree(folder / "js")
