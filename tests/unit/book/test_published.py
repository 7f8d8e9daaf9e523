"""An id that was ever published keeps resolving."""

import pytest

from redrawn.book import catalogue, entry, published


def test_accepted_ids_enter_the_ledger_once(checkout):
    published.add(["tiny/line", "tiny/line"])
    published.add(["tiny/line"])
    assert published.load() == (["tiny/line"], {})
    assert published.vanished(catalogue.load()) == []


def test_a_vanished_id_is_named_until_a_redirect_says_where_it_is(checkout):
    published.add(["tiny/curve", "tiny/line"])
    assert published.vanished(catalogue.load()) == ["tiny/curve"]
    ledger = checkout / "data" / "published.yml"
    ledger.write_text(
        ledger.read_text().replace("redirects: {}", "redirects: {tiny/curve: tiny/line}")
    )
    assert published.vanished(catalogue.load()) == []
    (page,) = published.redirect_pages().items()
    assert page[0] == "figures/tiny/curve.html" and "../../figures/tiny/line.html" in page[1]


def test_a_redirect_to_nowhere_is_named(checkout):
    (checkout / "data" / "published.yml").write_text("redirects: {tiny/line: tiny/gone}\n")
    assert published.vanished(catalogue.load()) == ["tiny/gone"]


def test_a_ledger_of_another_form_is_refused(checkout):
    (checkout / "data" / "published.yml").write_text("- tiny/line\n")
    with pytest.raises(entry.CatalogueError, match=r"published\.yml"):
        published.load()
