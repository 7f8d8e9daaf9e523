"""A real browser over the built book: nothing leaves the host, nothing breaks, nothing overflows."""

import functools
import gzip
import hashlib
import http.server
import re
import shutil
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import papermill
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

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
    "papers/implicit-neural-representations-periodic.html",
    "papers/convergence-adam-beyond.html",
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


def visit(page, url: str, theme: str) -> None:
    """Open a page and wait until its scripts have set the theme: the network may be idle before that."""
    page.goto(url, wait_until="networkidle")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


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
    visit(page, f"{address}/{page_name}", theme)
    assert not said
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
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
    visit(page, f"{address}/{page_name}", theme)
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
    page.locator("#board tbody tr:visible th a").click()
    assert page.locator(".bd-article h1").inner_text().startswith("Implicit Neural Representations")
    page.go_back()
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


CHAPTER = "scientific-machine-learning/implicit-representations.html"


@pytest.mark.parametrize(("page_name", "most"), [("index.html", 500_000), (CHAPTER, 700_000)])
def test_a_first_load_is_light(address, browser, page_name, most):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    got = []
    page.on("response", lambda response: got.append(response))
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    bodies = [response.body() for response in got]
    # fonts and bitmaps are compressed already; gzip hardly changes them
    assert 50_000 < sum(len(gzip.compress(body)) for body in bodies) <= most
    page.close()


@pytest.mark.parametrize("page_name", ["index.html", CHAPTER])
def test_nothing_jumps_when_a_picture_arrives(address, browser, page_name):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    # formulas grow when MathJax typesets them, which is another matter than pictures
    page.route("**/mathjax/**", lambda route: route.abort())
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => window.shift += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    pictures = page.locator(".bd-article figure img, .gallery img")
    assert pictures.count() and all(picture.get_attribute("width") for picture in pictures.all())
    assert page.evaluate("window.shift") < 0.1
    page.close()


def test_a_measured_value_tells_what_stands_behind_it(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/{CHAPTER}")
    value = page.locator(".claim-value").first
    facts = value.locator(".claim-facts")
    assert facts.is_hidden()
    value.hover()
    assert facts.is_visible()
    assert all(word in facts.inner_text() for word in ("The paper:", "expected", "setting:"))
    page.mouse.move(0, 0)
    value.focus()
    assert facts.is_visible(), "by keyboard as well"
    page.close()


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("periodic activation", "papers/implicit-neural-representations-periodic.html"),
        ("Sitzmann", "papers/implicit-neural-representations-periodic.html"),
        ("orex_loss", CHAPTER),
    ],
)
def test_the_search_finds_titles_authors_and_methods(address, browser, words, place):
    page = browser.new_page()
    page.goto(f"{address}/search.html?q={words}")
    page.locator("#search-results li a").first.wait_for()
    found = [
        page.evaluate("a => a.href", a.element_handle())
        for a in page.locator("#search-results li a").all()
    ]
    assert any(place in link for link in found)
    page.close()


def test_a_citation_is_copied(address, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/figures/implicit-representations/siren-fit.html")
    block = page.locator("#cite-this-figure .highlight").first
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@misc{redrawn:implicit-representations:siren-fit")
    context.close()


def test_print_hides_what_paper_cannot_use(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/{CHAPTER}")
    page.emulate_media(media="print")
    assert page.locator(".bd-sidebar-primary").is_hidden()
    assert page.locator("#jb-print-docs-body h1").is_visible(), "the theme's own heading for paper"
    assert page.locator(".bd-article figure").first.is_visible()
    page.close()


def test_the_source_link_leads_to_the_lines_of_the_method(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/{CHAPTER}")
    page.locator("details:has(a[href*='_static/source/'])").first.evaluate("d => d.open = true")
    link = page.locator("details a[href*='_static/source/']").first
    name = link.locator("xpath=ancestor::details").locator("summary code").inner_text()
    link.click()
    anchor = page.url.split("#")[1]
    assert page.locator(f"#{anchor}").count() == 1
    line = page.inner_text("pre").splitlines()[int(anchor.removeprefix("L-")) - 1]
    assert f"def {name}" in line or f"class {name}" in line or "@" in line
    page.close()


def test_a_downloaded_chapter_runs_by_itself(address, browser, tmp_path, monkeypatch):
    page = browser.new_page()
    page.goto(f"{address}/theory-of-learning/grokking.html")
    link = page.locator("a[download][href$='grokking.ipynb']").first
    taken = page.request.get(page.evaluate("a => a.href", link.element_handle())).text()
    page.close()
    notebook = nbformat.reads(taken, as_version=4)
    install = notebook.cells[0]
    assert install.source.startswith("%pip install")
    # the site that was built for another address stands at the test's own; packages go to a folder of the test's own
    install.source = re.sub(r"http\S+/_static/", f"{address}/_static/", install.source)
    nbformat.write(notebook, tmp_path / "grokking.ipynb")
    monkeypatch.delenv("REDRAWN_ROOT", raising=False)
    for name, value in (("PIP_TARGET", "packages"), ("PIP_NO_DEPS", "1"), ("OMP_NUM_THREADS", "1")):
        monkeypatch.setenv(name, str(tmp_path / value) if value == "packages" else value)
    (tmp_path / "packages").mkdir()  # Python remembers that a folder of its path was not there
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    papermill.execute_notebook(
        tmp_path / "grokking.ipynb",
        tmp_path / "done.ipynb",
        kernel_name="python3",
        cwd=tmp_path,
        progress_bar=False,
    )
    drawn = sorted(p.name for p in tmp_path.rglob("*.svg"))
    assert "edge-accuracy.svg" in drawn


def test_the_picture_of_the_book_for_the_readme(address, browser):
    page = browser.new_page(viewport={"width": 1200, "height": 750}, color_scheme="light")
    visit(page, f"{address}/index.html", "light")
    page.locator(".gallery").scroll_into_view_if_needed()
    page.locator("#headline-figures").evaluate("e => e.scrollIntoView()")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=paths.build() / "book.png")
    assert page.locator(".gallery img").count() > 0
    assert all(page.locator(".gallery img").evaluate_all("all => all.map(i => i.naturalWidth > 0)"))
    page.close()
