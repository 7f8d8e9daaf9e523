"""What was accepted before, read back from a git repository of the test's own."""

import json
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from redrawn.book import baseline, catalogue, execute, history, paper_page, paths, status
from redrawn.book.expectation import Interval
from redrawn.book.sparkline import HEIGHT, sparkline


def git(*words):
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *words], check=True, capture_output=True, cwd=paths.root())


def accept(draws: str):
    page = paths.root() / "book" / "small-things" / "tiny.md"
    page.write_text(page.read_text().replace("draws =", f"draws = {draws} +"))
    execute.execute(catalogue.find_chapter("tiny"), "quick", 0, "cpu")
    chapter = catalogue.load().chapters["tiny"]
    baseline.accept(chapter, baseline.compare(chapter, "quick").run)
    git("add", "-A", "data")
    git("commit", "-m", f"Accept {draws}")


@pytest.fixture(scope="module")
def accepted_twice(shared_checkout):
    git("init")
    accept("0.0")
    accept("0.25")
    return shared_checkout


@pytest.fixture
def repository(accepted_twice, tmp_path, monkeypatch):
    """A copy of its own for one test."""
    root = tmp_path / "book"
    shutil.copytree(accepted_twice, root, symlinks=True)
    monkeypatch.setenv("REDRAWN_ROOT", str(root))
    monkeypatch.chdir(root)
    return root


def test_every_accepted_version_is_found_oldest_first(repository):
    chapter = catalogue.load().chapters["tiny"]
    found = history.versions()
    assert list(found) == [("quick", "tiny")]
    values = [
        s[""].value
        for _, s in history.of_claim(chapter.claim("mean-is-two"), found["quick", "tiny"])
    ]
    assert len(values) == 2 and values[1] - values[0] == pytest.approx(0.25)


def test_a_version_that_cannot_be_read_is_left_out(repository):
    place = paths.baseline_path("quick", "tiny")
    place.write_text(json.dumps({"schema_version": 0, "digest": "of another time"}))
    git("commit", "-am", "An older schema")
    assert len(history.versions()["quick", "tiny"]) == 2


def test_outside_of_git_there_is_no_history(checkout):
    assert history.versions() == {}


def test_a_papers_page_has_its_claims_values_figure_and_history(repository):
    book = catalogue.load()
    state = status.of_chapter(book.chapters["tiny"], "quick")
    accepted = {"quick": history.versions()["quick", "tiny"]}
    pages = paper_page.paper_pages(state, book, accepted)
    assert pages["first-paper"].frame == "papers/_drawn"
    first = "".join(pages["first-paper"].parts)
    assert "mean-is-two" in first and "a-beats-b" not in first
    assert "2 accepted" in first and "Theorem 1" in first and "figures/tiny/line.html" in first
    assert "Title only" in first
    second = "".join(pages["second-paper"].parts)
    assert "Jane Doe, 2020" in second and "five numbers for a study" in second
    assert pages["second-paper"].frame == "papers/_tested", "no heading for figures"


def test_a_planned_papers_page_says_so_and_leads_to_its_chapter(checkout):
    book = catalogue.load()
    state = status.of_chapter(book.chapters["later"], "quick")
    (text,) = paper_page.paper_pages(state, book, {})["third-paper"].parts
    assert "No claim of this paper has been tested yet" in text and "small-things/later" in text


def test_a_sparkline_is_a_drawing_with_a_name_that_stays_in_its_frame():
    series = {"<a>": [Interval(value=v, low=v - 1, high=v + 1, n=5) for v in (1.0, 4.0, 2.0)]}
    root = ElementTree.fromstring(sparkline(series, (0.5, float("inf")), 'said "<so>"'))
    assert root.attrib["aria-label"] == 'said "<so>"'
    circles = [float(c.attrib["cy"]) for c in root.iter("circle")]
    assert circles[1] < circles[2] < circles[0], "larger is higher"
    assert all(0 <= y <= HEIGHT for y in circles)
    band = root.find("rect").attrib
    assert float(band["y"]) == 0, "open upwards"
