"""A Sphinx extension: the search finds the pages that Sphinx does not make itself, and citations are formatted once."""

from html import escape

from docutils import nodes
from docutils.utils import new_document
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style
from sphinx.application import Sphinx

from redrawn.book import leaf


class OnceStyle(Style):
    """The alphabetic style; what the bibliography and the tooltips both show is formatted for the first of them."""

    def __init__(self, **options):
        """Begin without an entry."""
        super().__init__(**options)
        self.formatted = {}

    def format_entry(self, label, entry, bib_data=None):
        """Return an entry formatted, as the base class does."""
        if (key := (label, entry.key)) not in self.formatted:
            self.formatted[key] = super().format_entry(label, entry, bib_data)
        return self.formatted[key]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the handlers below with Sphinx, which calls this."""
    register_plugin("pybtex.style.formatting", "once", OnceStyle)
    app.connect("env-get-outdated", _wake)
    app.connect("env-check-consistency", _keep)
    app.connect("html-page-context", _hide_source)
    app.connect("html-collect-pages", _index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _known(app: Sphinx) -> dict[str, bool]:
    """Say of every page whether it is older than the search index."""
    index = app.outdir / "searchindex.js"
    last = index.stat().st_mtime if index.is_file() else 0
    return {p: file.stat().st_mtime < last for p, file in leaf.staged(app.srcdir).items()}


def _wake(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Let Sphinx build something wherever a page is new to the index: otherwise it writes none."""
    return [] if all(_known(app).values()) else [app.config.root_doc]


def _keep(app: Sphinx, env) -> None:
    """Let the search index keep the pages that it knows: it drops what the environment does not know.

    The environment is on disk by now, and stays there without them.
    """
    for place, known in _known(app).items():
        if known:
            _add(env, place, leaf.load(app.srcdir / f"{place}.json"))


def _hide_source(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Offer no frame's source for download."""
    if pagename in leaf.FRAMES:
        context["page_source_suffix"] = ""


def _index(app: Sphinx) -> list:
    """Tell the search of every other page."""
    for place, file in leaf.staged(app.srcdir).items():
        if place not in app.env.all_docs:
            page = leaf.load(file)
            document = new_document(place)
            document += _add(app.env, place, page)
            document += nodes.raw("", " ".join(page.parts), format="html")
            app.builder.index_page(place, document, escape(page.title))
    return []


def _add(env, place: str, page: leaf.Leaf) -> nodes.title:
    """Let the environment know a page; return its title."""
    env.all_docs[place], env.titles[place] = 0, nodes.title("", page.title)
    return env.titles[place].deepcopy()
