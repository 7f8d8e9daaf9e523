import pytest

from redrawn.book import catalogue
from redrawn.book.entry import CatalogueError


def edit(checkout, old, new, file="small-things/tiny.yml"):
    path = checkout / "book" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_papers_and_chapters_are_read(checkout):
    book = catalogue.load()
    assert list(book.chapters) == ["tiny", "later"]
    assert book.papers["first-paper"].title == "First Paper"
    assert book.papers["second-paper"].title == "Second & last"
    assert book.papers["second-paper"].confirmed and not book.papers["first-paper"].confirmed
    assert book.chapter_of["third-paper"].slug == "later"


def test_one_chapter_is_read_alone(checkout):
    edit(checkout, "slug: later", "slug: [", "small-things/later.yml")
    assert catalogue.find_chapter("tiny").title == "A tiny chapter"
    for unknown in ("*", "nowhere", "../small-things/tiny"):
        with pytest.raises(CatalogueError, match="no chapter"):
            catalogue.find_chapter(unknown)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("place: Theorem 1", "place: ''", "tiny.yml:17: claims.0.place"),
        ("    place: Theorem 1\n", "", "claims.0.place: Field required"),
        ("tolerance: 0.5, if_false: 0.0", "tolerance: 3.0, if_false: 0.0", "can never fail"),
        (
            "{kind: value, value: 2.0, tolerance: 0.5, if_false: 0.0}",
            "{kind: bound, if_false: 1}",
            "never",
        ),
        ("tolerance: 0.5", "tolerance: .inf", "claims.0.expect.tolerance"),
        ("setting: paper", "setting: toy", "tiny.yml:18: claims.0.setting"),
        ("    stands_in: five numbers for a study\n", "", "must say what stands_in"),
        ("paper: second-paper", "paper: third-paper", "not among this chapter's papers"),
        ("  - second-paper", "  - first-paper", "stands twice"),
        ("  - second-paper", "  - unknown-paper", "not among this chapter's papers: second-paper"),
        ("id: a-beats-b", "id: mean-is-two", "stands twice"),
        ("id: a-beats-b", "id: A beats B", "claims.1.id"),
        ("slug: tiny", "slug: tinier", "does not fit the file's place"),
        ("status: written", "status: planned", "planned"),
        ("order: [a, b]", "order: [a, a]", "stands twice"),
        ("question: Does it run?", "question: Does it run?\ncolour: red", "tiny.yml:6: colour"),
        ("question: Does it run?", "question: a\nquestion: b", "tiny.yml:6"),
        ("question: Does it run?", "question: [", "tiny.yml:"),
        ("    paper: first-paper\nclaims", "    paper: second-paper\nclaims", "has no figure"),
        (
            "if_false: 0.0}",
            "if_false: 0.0}\n    resolution: 2.0",
            "resolution 2 is wider than the effect 1.5",
        ),
    ],
)
def test_a_bad_chapter_names_file_and_field(checkout, old, new, said):
    edit(checkout, old, new)
    with pytest.raises(CatalogueError) as caught:
        catalogue.load()
    assert said in str(caught.value)
    assert "tiny.yml" in str(caught.value)


def test_a_paper_in_two_chapters_or_in_none_is_an_error(checkout):
    edit(checkout, "  - third-paper", "  - third-paper\n  - first-paper", "small-things/later.yml")
    with pytest.raises(CatalogueError, match=r"first-paper is in later already"):
        catalogue.load()


def test_a_paper_in_no_chapter_is_an_error(checkout):
    edit(
        checkout, "@misc{third-paper", "@misc{lost, title={L}}\n@misc{third-paper", "references.bib"
    )
    with pytest.raises(CatalogueError, match="lost is in no chapter"):
        catalogue.load()


def test_a_duplicate_paper_names_both_lines(checkout):
    edit(checkout, "@misc{third-paper", "@misc{first-paper", "references.bib")
    with pytest.raises(CatalogueError, match=r"references\.bib:3: first-paper: already on line 1"):
        catalogue.load()


def test_a_tested_paper_needs_author_and_year(checkout):
    edit(checkout, ", author = {Doe, Jane}", "", "references.bib")
    said = r"references\.bib: second-paper is tested by small-things/tiny\.yml: give its author"
    with pytest.raises(CatalogueError, match=said):
        catalogue.load()


def test_broken_bibtex_is_an_error(checkout):
    edit(checkout, "{Third}", "{Third", "references.bib")
    with pytest.raises(CatalogueError, match=r"references\.bib"):
        catalogue.load()


def test_an_unknown_paper_is_an_error(checkout):
    edit(checkout, "  - third-paper", "  - third-paper\n  - unheard-of", "small-things/later.yml")
    with pytest.raises(CatalogueError, match=r"later\.yml.*unheard-of is not in references\.bib"):
        catalogue.load()
