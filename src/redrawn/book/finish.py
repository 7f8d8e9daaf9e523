"""After Sphinx: pages carry only what they use, and pictures hold their place before they arrive."""

import logging
import multiprocessing
import os
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from fontTools import subset
from fontTools.ttLib import TTFont

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table that it cuts

ICON = re.compile(r"\bfa-[a-z-]+\b")
GLYPH = re.compile(r"((?:\.fa-[a-z0-9-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"\}")
# every icon of Font Awesome, as one script, and fonts of icons that no page shows
ICON_SCRIPT = re.compile(
    r"\s*<script [^>]*fontawesome[^>]*>(</script>)?|\s*<link [^>]*fa-(brands|regular)[^>]*>"
)
MATHJAX = re.compile(
    r"\s*<script [^>]*mathjax[^>]*></script>|\s*<script>window\.MathJax[^<]*</script>"
)
MATH = re.compile(r'class="[^"]*\bmath\b|\\\(|\\\[')
# the theme repeats a page's title here with its markup characters as they are: a title may hold a script
PRINT_TITLE = re.compile(
    r'(<div id="jb-print-docs-body" class="onlyprint">\s*<h1>)(.*?)(</h1>\s*<!--)', re.DOTALL
)
IMAGE = re.compile(r'<img [^>]*?src="([^"]+\.svg)"[^>]*?>')


def finish(built: Path, html: Path, before: Path, tags: dict[str, str]) -> None:
    """Copy the site that Sphinx built to `html`: every page lightened, and `tags[page]` in its head.

    What is as it was in `before`, the site of the last build, is that file itself.
    """

    def take(source: str, target: str) -> None:
        old = before / Path(source).relative_to(built)
        is_page = source.endswith(".html") and "_static" not in old.parts
        if not is_page and not _take_over(old, Path(source), Path(target)):
            shutil.copy2(source, target)

    shutil.copytree(
        built, html, ignore=shutil.ignore_patterns("*.map", "fontawesome"), copy_function=take
    )
    places = (page.relative_to(built) for page in sorted(built.rglob("*.html")))
    pages = [place for place in places if place.parts[0] != "_static"]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        heads = [tags.get(place.as_posix(), "") for place in pages]
        finished = partial(_finish_page, built, html, before)
        icons = set().union(*pool.map(finished, pages, heads, chunksize=50))
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


def _finish_page(built: Path, html: Path, before: Path, place: Path, tags: str) -> set[str]:
    """Lighten one page; return the icons that it names."""
    source, page, old = built / place, html / place, before / place
    if (
        old.is_file()
        and tags in (text := old.read_text(encoding="utf-8"))
        and _take_over(old, source, page)
    ):
        return set(ICON.findall(text))
    text = source.read_text(encoding="utf-8")
    icons = set(ICON.findall(text))
    text = ICON_SCRIPT.sub("", text)
    if not MATH.search(text):
        text = MATHJAX.sub("", text)
    text = PRINT_TITLE.sub(
        lambda m: m[1] + m[2].replace("<", "&lt;").replace(">", "&gt;") + m[3], text
    )
    text = IMAGE.sub(lambda match: _placed(match, source), text)
    page.write_text(text.replace("</head>", tags + "</head>", 1), encoding="utf-8")
    shutil.copystat(source, page)  # by its time the next build knows what the page was made of
    return icons


def _placed(match: re.Match, page: Path) -> str:
    """Give a picture its size, so that nothing jumps when it arrives, and load it when it is near."""
    tag = match[0]
    drawing = page.parent / match[1]
    if " height=" in tag or not drawing.is_file():
        return tag
    _, root = next(ElementTree.iterparse(drawing, events=("start",)))
    if "viewBox" not in root.attrib:
        return tag
    _, _, width, height = (round(float(n)) for n in root.attrib["viewBox"].split())
    return tag.replace("<img ", f'<img width="{width}" height="{height}" loading="lazy" ', 1)


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
