"""A real browser over the built book: nothing leaves the host, nothing breaks, nothing overflows."""

import functools
import hashlib
import http.server
import shutil
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from redrawn.book import paths

HTML = paths.build() / "html"
PAGES = (
    "index.html",
    "guide/verdicts.html",
    "scientific-machine-learning/implicit-representations.html",
    "optimisation/adaptive-optimizers.html",
    "bibliography.html",
    "status.html",
    "figures/implicit-representations/siren-fit.html",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address():
    assert (HTML / "index.html").is_file(), "build the book first: make book"
    handler = functools.partial(Quiet, directory=HTML)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "the site's checks need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_stays_on_its_host_and_in_its_width(address, browser, page_name, width, theme):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("request", lambda r: asked.append(r.url))
    page.on("response", lambda r: said.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    assert not said
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    context.close()


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.anchors = [], set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found[k] for k in ("id", "name") if found.get(k)}
        self.links += [found[k] for k in ("href", "src") if found.get(k)]


@functools.cache
def parsed(path: Path) -> _Links:
    parser = _Links()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def test_every_internal_link_and_anchor_resolves():
    broken = []
    pages = [p for p in HTML.rglob("*.html") if "_static" not in p.parts]
    assert len(pages) > 62
    for page in pages:
        for link in parsed(page).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if place.is_dir():
                place /= "index.html"
            if not place.is_file():
                broken.append(f"{page.relative_to(HTML)}: {link}")
                continue
            wants_anchor = parts.fragment and place.suffix == ".html"
            if wants_anchor and unquote(parts.fragment) not in parsed(place).anchors:
                broken.append(f"{page.relative_to(HTML)}: {link}")
    assert not broken


@pytest.mark.parametrize("theme", ["light", "dark"])
# not the bibliography: docutils gives its entries a role that was deprecated since
@pytest.mark.parametrize("page_name", [p for p in PAGES if p != "bibliography.html"])
def test_a_page_passes_the_accessibility_rules(address, browser, page_name, theme):
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": tags}).response["violations"]
    assert [(v["id"], n["target"], n["html"][:200]) for v in found for n in v["nodes"][:3]] == []
    context.close()


def test_the_board_searches_filters_sorts_and_shares_its_view(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/status.html")
    shown = page.locator("#board tbody tr:visible")
    assert shown.count() == 377
    page.locator(".board-filter input").fill("periodic activation")
    assert shown.count() == 1
    assert page.url.endswith("?q=periodic+activation")
    page.locator(".board-filter input").fill("")
    page.locator("select[name=part]").select_option("Robustness")
    some = shown.count()
    assert 0 < some < 377
    page.locator("#board thead button", has_text="Paper").first.press("Enter")
    titles = shown.locator("th").all_inner_texts()
    assert len(titles) == some and titles == sorted(titles, key=str.casefold)

    other = browser.new_page()
    other.goto(page.url)
    assert other.locator("#board tbody tr:visible th").all_inner_texts() == titles
    page.close()
    other.close()


def test_the_board_is_a_whole_table_without_javascript(address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/status.html")
    assert page.locator("#board tbody tr:visible").count() == 377
    context.close()


def test_the_feed_says_what_the_board_says(address, browser):
    page = browser.new_page()
    feed = page.request.get(f"{address}/status.json").json()
    page.goto(f"{address}/status.html")
    cells = page.locator("#board tbody tr td:nth-child(6)").all_inner_texts()
    assert [c.split(" ", 1)[1] for c in cells] == [p["verdict"] for p in feed["papers"]]
    page.close()


def test_a_figures_files_are_what_its_page_says(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/figures/implicit-representations/siren-fit.html")
    items = page.locator("li:has(a[download])")
    assert items.count() == 4
    for item in items.all():
        link = page.evaluate("a => a.href", item.locator("a").element_handle())
        found = hashlib.sha256(page.request.get(link).body()).hexdigest()
        assert item.locator("code").inner_text() == found
    page.close()
