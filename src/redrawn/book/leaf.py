"""Pages of figures and papers: hundreds, so that Sphinx makes one frame a kind, and every page fills its frame.

A frame is a page with a mark for the title, and one for what stands first and under each heading. The theme around
them is Sphinx's; `extension.py` tells its search of the pages that fill them.
"""

import json
import re
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

CLAIMS = "What it claims, and what we measured"
AGAIN, BEFORE = "Run it again", "What was accepted before"

FRAMES = {
    "figures/_/figure": ("Download", "Cite this figure", "Rerun this figure", "Where it is from"),
    "papers/_untested": (),
    "papers/_tested": (CLAIMS, AGAIN, BEFORE),
    "papers/_drawn": (CLAIMS, "Figures", AGAIN, BEFORE),
}
"""The headings of each kind of page. No id has an underscore: a frame cannot be taken for a page."""

MARK = re.compile(r"⟦(\d)⟧")


@dataclass(frozen=True)
class Leaf:
    """A page: the name of its frame, its title as text, and the HTML of what stands first and under each heading."""

    frame: str
    title: str
    parts: list[str]

    def __post_init__(self):
        """Refuse a page that does not fit its frame."""
        if len(self.parts) != 1 + len(FRAMES[self.frame]):
            raise ValueError(f"{len(self.parts)} parts for the frame {self.frame}: {self.title}")

    def save(self, file: Path) -> None:
        """Write the page beside those of Sphinx: the file's name, but for its end, is the page's."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    def fill(self, frame: str, place: str) -> str:
        """Return the page at `place`, given its frame as Sphinx made it."""
        said = [escape(self.title), *self.parts]
        return MARK.sub(lambda mark: said[int(mark[1])], frame.replace(self.frame, place))


def load(file: Path) -> Leaf:
    """Read a page that `save` wrote."""
    return Leaf(**json.loads(file.read_text(encoding="utf-8")))


def staged(book: Path) -> dict[str, Path]:
    """Return the files of all such pages in a staged book, by place: `papers/<id>`, `figures/<slug>/<id>`."""
    files = sorted([*book.glob("papers/*.json"), *book.glob("figures/*/*.json")])
    return {file.relative_to(book).with_suffix("").as_posix(): file for file in files}
