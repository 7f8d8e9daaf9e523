"""A whole small site from bad input: hostile titles, a failed chapter, an older record, a figure that moved."""

import html
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from rocrate.rocrate import ROCrate

from redrawn.book import atomic, catalogue, execute, generate, leaf, paths, published, site

SOURCE = Path(__file__).resolve().parents[3]
TITLES = {
    "first-paper": r"Rates of $O(1/\sqrt{n})$ \& 50\% {\"U}ber $\pi$-nets: na{\"i}ve",
    "second-paper": 'Quotes "double" and </script><script>alert(1)</script> [links](x) `code` *stars*',
    "third-paper": " ".join(["Long"] * 90),
}


@pytest.fixture(scope="module")
def built(shared_checkout):
    """Build the small book once."""
    root = shared_checkout
    bib = root / "book" / "references.bib"
    text = bib.read_text()
    for key, old in (
        ("first-paper", "First {P}aper"),
        ("second-paper", r"Second \& last"),
        ("third-paper", "Third"),
    ):
        text = text.replace("{" + old + "}", "{" + TITLES[key] + "}")
    # of the chapter's two papers one has an address, of `broken`'s none
    text = text.replace("year = {2020},", "year = {2020}, eprint = {2001.00001},")
    for key in ("fourth-paper", "fifth-paper"):
        text += f"@misc{{{key}, title={{{key[0]}}}, author={{Poe, Ann}}, year={{2022}}}}\n"
    bib.write_text(text)
    part = root / "book" / "small-things"
    broken = (part / "tiny.yml").read_text().replace("slug: tiny", "slug: broken")
    broken = broken.replace("first-paper", "fourth-paper").replace("second-paper", "fifth-paper")
    (part / "broken.yml").write_text(broken)
    page = (part / "tiny.md").read_text()
    (part / "broken.md").write_text(page.replace("chapter.close()", "1 / 0"))
    shutil.copy2(SOURCE / "_config.yml", root)
    for name in ("_static", "_assets", "guide"):
        shutil.copytree(SOURCE / "book" / name, root / "book" / name)
    shutil.copy2(SOURCE / "book" / "bibliography.md", root / "book")
    execute.execute(catalogue.find_chapter("tiny"), "quick", 0, "cpu")
    execute.execute(catalogue.find_chapter("broken"), "quick", 0, "cpu")
    published.add(["tiny/line"])
    ledger = root / "data" / "published.yml"
    ledger.write_text(
        ledger.read_text().replace("redirects: {}", "redirects: {tiny/old: tiny/line}")
    )
    book = catalogue.load()
    for path, made in generate.files(book).items():
        atomic.write_text(path, made)
    site.build(book, "quick", "https://example.org/book/")
    return paths.build() / "html"


def head(page: Path) -> str:
    return page.read_text(encoding="utf-8").split("</head>")[0]


def test_hostile_titles_are_text_on_every_page(built):
    for page in built.rglob("*.html"):
        if "_static" not in page.parts:
            assert "<script>alert" not in page.read_text(encoding="utf-8"), page
    heading = re.search(
        r"<h1>(.*?)<a ", (built / "papers" / "second-paper.html").read_text(), re.DOTALL
    )
    assert 'Quotes "double" and </script><script>' in html.unescape(heading[1]).replace(
        "“", '"'
    ).replace("”", '"')


def test_a_failed_chapter_says_so_and_breaks_no_other_page(built):
    assert "ZeroDivisionError" in (built / "small-things" / "broken.html").read_text()
    assert "Cite this figure" in (built / "figures" / "tiny" / "line.html").read_text()
    assert "ZeroDivisionError" in (built / "papers" / "fourth-paper.html").read_text()


def test_what_pages_say_to_machines_can_be_read(built):
    for place, kind in (("figures/tiny/line.html", "Dataset"), ("papers/second-paper.html", "WebPage"),
                        ("small-things/tiny.html", "ScholarlyArticle"), ("index.html", "Book")):  # fmt: skip
        text = head(built / place)
        item = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text)[1])
        assert item["@type"] == kind and item["url"].startswith("https://example.org/book/")
        assert 'property="og:title"' in text
    picture = re.search(
        r'property="og:image" content="https://example.org/book/([^"]+)"',
        head(built / "figures/tiny/line.html"),
    )
    assert (built / picture[1]).is_file()
    places = [e.text for e in ElementTree.parse(built / "sitemap.xml").findall(".//{*}loc")]
    assert "https://example.org/book/papers/first-paper.html" in places
    assert all((built / p.removeprefix("https://example.org/book/")).is_file() for p in places)


def test_the_feed_fits_its_schema(built):
    feed, schema = (
        json.loads((built / n).read_text()) for n in ("status.json", "status.schema.json")
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(feed, schema)
    assert len(feed["papers"]) == 5
    del feed["papers"][0]["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(feed, schema)


def test_the_crate_names_every_file_of_the_run(built):
    folder = built / "_static" / "figures" / "tiny"
    crate = ROCrate(folder)
    listed = {e.id for e in crate.data_entities}
    assert listed == {p.name for p in folder.iterdir()} - {"ro-crate-metadata.json"}
    assert crate.license and crate.datePublished
    assert crate.get("line.csv")["sha256"]
    assert crate.root_dataset["citation"].id == "https://arxiv.org/abs/2001.00001"
    assert len(crate.root_dataset["mentions"]) == 2, "the run, and the paper without address"
    # RO-Crate 1.3 wants one value as itself, not as a list of one
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    alone = [
        (e["@id"], k) for e in graph for k, v in e.items() if isinstance(v, list) and len(v) == 1
    ]
    assert alone == []


def search_index(built: Path) -> dict:
    text = (built / "searchindex.js").read_text()
    return json.loads(text.removeprefix("Search.setIndex(").rstrip(";").removesuffix(")"))


def test_frames_are_no_pages_and_the_search_knows_what_fills_them(built):
    names = {p.relative_to(built).with_suffix("").as_posix() for p in built.rglob("*.html")}
    assert not names & set(leaf.FRAMES)
    found = search_index(built)
    titles = dict(zip(found["docnames"], found["titles"], strict=True))
    assert (
        titles["figures/tiny/line"] == "tiny/line" and "Long Long" in titles["papers/third-paper"]
    )
    assert "<script>" not in titles["papers/second-paper"]
    place = found["docnames"].index("figures/tiny/line")
    holding = found["terms"]["bibtex"]
    assert place in holding


def test_a_moved_figure_leads_on(built):
    assert "../../figures/tiny/line.html" in (built / "figures" / "tiny" / "old.html").read_text()


def test_pages_carry_what_they_use(built):
    assert not list(built.rglob("*.map")) and not list(built.rglob("all.min.js"))
    fonts = list((built / "_static" / "vendor").rglob("fa-*.woff2"))
    assert [f.name for f in fonts] == ["fa-solid-900.woff2"] and fonts[0].stat().st_size < 10_000
    assert "mathjax" not in head(built / "index.html")
    image = re.search(
        r"<img[^>]*line\.svg[^>]*>", (built / "figures" / "tiny" / "line.html").read_text()
    )[0]
    assert "width=" in image and "height=" in image and "alt=" in image


def test_the_next_build_makes_anew_what_changed_alone(built):
    pages = [built / "figures" / "tiny" / "line.html", built / "papers" / "third-paper.html"]
    first, index = [page.stat().st_ino for page in pages], search_index(built)
    bib = paths.root() / "book" / "references.bib"
    bib.write_text(bib.read_text().replace(TITLES["third-paper"], "Zebras " * 3))
    site.build(catalogue.load(), "quick", "https://example.org/book/")
    figure, paper = (page.stat().st_ino == old for page, old in zip(pages, first, strict=True))
    assert figure and not paper and "Zebras" in pages[1].read_text()
    found = search_index(built)
    assert found["docnames"] == index["docnames"]
    assert found["terms"]["bibtex"] == index["terms"]["bibtex"], "of a page that stayed"
    assert "zebra" in found["titleterms"] and not found["titleterms"].get("long")
