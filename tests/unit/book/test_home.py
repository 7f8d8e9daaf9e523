"""The first page, the status board and a figure's page, on the miniature checkout."""

import json

from redrawn.book import catalogue, execute, home, leaf, staging, status


def states(book):
    return status.of_chapters(book, "quick")


def test_the_count_is_of_papers_and_of_claims_by_setting(checkout):
    book = catalogue.load()
    before = home.counts(status.of_book(states(book), "quick"))
    assert "<strong>0 of 3 papers</strong>" in before and "<strong>2 claims</strong>" in before
    execute.execute(catalogue.find_chapter("tiny"), "quick", 0, "cpu")
    after = home.counts(status.of_book(states(book), "quick"))
    assert "<strong>2 of 3 papers</strong>" in after
    assert '<th scope="row">paper</th><td>1</td><td>0</td><td>0</td>' in after
    assert '<th scope="row">reduced</th><td>1</td><td>0</td><td>0</td>' in after


def test_a_failed_chapter_is_an_error_in_count_and_board(checkout):
    page = checkout / "book" / "small-things" / "tiny.md"
    page.write_text(page.read_text().replace("chapter.close()", "1 / 0"))
    execute.execute(catalogue.find_chapter("tiny"), "quick", 0, "cpu")
    book = catalogue.load()
    found = status.of_book(states(book), "quick")
    assert "! error" in home.counts(found)
    assert home.board(book, found, states(book)).count("! error") == 4, "two papers, two verdicts"
    assert home.gallery(list(states(book).values())) == '<div class="gallery"></div>'


def test_the_board_escapes_titles_and_has_a_row_and_a_cell_a_paper(checkout):
    bib = checkout / "book" / "references.bib"
    bib.write_text(bib.read_text().replace("{Third}", '{<script>"Third"</script>}'))
    book = catalogue.load()
    text = home.board(book, status.of_book(states(book), "quick"), states(book))
    assert text.count('<tr id="paper-') == text.count('href="#paper-') == 3
    assert "<script>&quot;" not in text and "&lt;script&gt;&quot;Third&quot;" in text


def test_overview_figure_pages_and_feed_are_staged(ran):
    staged = staging.stage(
        catalogue.load(), status.of_chapters(catalogue.load(), "quick"), "quick", "/"
    )
    assert "2 of 3 papers" in (staged / "index.md").read_text()
    assert 'href="small-things/tiny.html"' in (staged / "index.md").read_text()
    assert 'id="paper-third-paper"' in (staged / "status.md").read_text()
    feed = json.loads((staged / "_assets" / "status.json").read_text())
    assert feed == status.of_book(states(catalogue.load()), "quick")
    page = "".join(leaf.load(staged / "figures" / "tiny" / "line.json").parts)
    assert "@misc{redrawn:tiny:line" in page and "redrawn run tiny" in page
    assert 'alt="A line that wanders' in page
