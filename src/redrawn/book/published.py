"""Figure ids that were ever published keep resolving: the ledger, its check, and the redirects."""

from html import escape

import yaml

from redrawn.book import atomic, paths
from redrawn.book.catalogue import Catalogue
from redrawn.book.entry import CatalogueError

HEADER = """\
# Every figure id that was ever accepted (`redrawn accept` adds them; none is ever taken out), and where an id
# that was renamed leads today. `make lint` fails when one of these leads nowhere.
"""


def load() -> tuple[list[str], dict[str, str]]:
    """Return the ids ever published, and {old id: id of today}."""
    path = _ledger()
    if not path.is_file():
        return [], {}
    given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(given, dict) or set(given) - {"figures", "redirects"}:
        raise CatalogueError(
            f"{path.name}:1: expected `figures` (a list) and `redirects` (old: new)"
        )
    return given.get("figures") or [], given.get("redirects") or {}


def add(ids: list[str]) -> None:
    """Write newly published ids into the ledger."""
    figures, redirects = load()
    every = sorted({*figures, *ids})
    if every != figures:
        text = yaml.safe_dump(
            {"figures": every, "redirects": redirects}, sort_keys=False, width=100
        )
        atomic.write_text(_ledger(), HEADER + text)


def vanished(catalogue: Catalogue) -> list[str]:
    """Return every published id, and every redirect's end, that no chapter declares today."""
    figures, redirects = load()
    today = {f"{c.slug}/{f.id}" for c in catalogue.chapters.values() for f in c.figures}
    return sorted({i for i in figures if redirects.get(i, i) not in today}
                  | {new for new in redirects.values() if new not in today})  # fmt: skip


def redirect_pages() -> dict[str, str]:
    """Return the page that leads from each renamed figure's address to today's, by path."""
    pages = {}
    for old, new in load()[1].items():
        address = escape(f"../../figures/{new}.html", quote=True)
        pages[f"figures/{old}.html"] = (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(old)} has moved</title>'
            f'<meta http-equiv="refresh" content="0; url={address}"><link rel="canonical" href="{address}">'
            f'</head><body><p>This figure is now <a href="{address}">{escape(new)}</a>.</p></body></html>\n'
        )
    return pages


def _ledger():
    return paths.root() / "data" / "published.yml"
