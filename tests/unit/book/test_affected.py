"""Which chapters a pull request runs again."""

import subprocess

import pytest

from redrawn.book import affected, catalogue


def slugs(changed):
    return [c.slug for c in affected.chapters(catalogue.load(), {changed})]


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        ("book/small-things/tiny.md", ["tiny"]),
        ("book/small-things/tiny.yml", ["tiny"]),
        ("requirements.lock", ["tiny"]),
        ("src/redrawn/book/style.py", ["tiny"]),
        ("src/redrawn/methods/implicit/siren.py", []),
        ("book/small-things/later.yml", []),
        ("README.md", []),
    ],
)
def test_a_change_reaches_the_chapters_that_depend_on_it(checkout, changed, reached):
    assert slugs(changed) == reached


def test_one_method_reaches_its_chapter_only():
    assert slugs("src/redrawn/methods/grokking/stablemax.py") == ["grokking"]


def test_the_working_tree_is_compared_with_the_base(checkout):
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for words in (["init"], ["add", "book"], ["commit", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    assert affected.changed_files("HEAD") == set()
    (checkout / "book" / "small-things" / "tiny.md").write_text("# Other\n")
    assert affected.changed_files("HEAD") == {"book/small-things/tiny.md"}
    with pytest.raises(affected.RevisionError, match="no-such"):
        affected.changed_files("no-such")
