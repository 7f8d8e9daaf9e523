"""Pages that fill a frame."""

import pytest

from redrawn.book import leaf, render
from redrawn.book.leaf import Leaf


def test_a_page_fills_its_frame_and_nothing_in_it_is_taken_for_a_mark(tmp_path):
    page = Leaf("papers/_tested", "<b> & ⟦1⟧", ["first", "claims ⟦2⟧", "again", "before"])
    page.save(tmp_path / "papers" / "x.json")
    assert leaf.staged(tmp_path) == {"papers/x": tmp_path / "papers" / "x.json"}
    frame = "<title>⟦0⟧</title> pagename = 'papers/_tested'; ⟦1⟧|⟦2⟧|⟦3⟧|⟦4⟧"
    filled = leaf.load(tmp_path / "papers" / "x.json").fill(frame, "papers/x")
    assert filled == (
        "<title>&lt;b&gt; &amp; ⟦1⟧</title> pagename = 'papers/x'; first|claims ⟦2⟧|again|before"
    )


def test_a_page_that_does_not_fit_its_frame_is_refused():
    with pytest.raises(ValueError, match="2 parts for the frame papers/_drawn: Some"):
        Leaf("papers/_drawn", "Some", ["first", "claims"])


def test_prose_keeps_mathematics_for_mathjax_and_no_markup():
    found = render.prose("A *rate* of $O(1/n)$, `code` and <script>.")
    assert "<em>rate</em>" in found and "<code>code</code>" in found
    assert r'<span class="math inline">\(O(1/n)\)</span>' in found
    assert "<script>" not in found and "&lt;script&gt;" in render.code("<script>")
