"""Citations, read back by the libraries that readers' own programs use."""

import json
import re

import pytest
import rispy
from pybtex.database import parse_string

from redrawn.book import cite
from redrawn.book.bibliography import Paper
from redrawn.book.record import Provenance, Record

TITLES = (
    "Plain title",
    "50% of $x_1$ & more #hash",
    "Unbalanced { brace and } another",
    'Quotes "double" and <script>alert(1)</script>',
    "Über π-Nets: naïve façade",
    " ".join(["Long"] * 60),
)


@pytest.fixture
def record():
    provenance = Provenance(
        commit="0123456789abcdef", dirty=False, lock_sha256="a" * 64, data_sha256={}, versions={},
        machine="Linux", started="2026-02-03T04:05:06+00:00", wall_seconds=1, peak_mb=1,
    )  # fmt: skip
    return Record(
        slug="tiny", profile="quick", seed=3, device="cpu", key="k", status="ok",
        provenance=provenance,
    )  # fmt: skip


def item(record, title):
    return cite.csl(record, "line", Paper(id="first-paper", title=title))


def expected(title):
    kept = title.replace("{", "").replace("}", "")
    return " ".join(f"Figure tiny/line, after “{kept}”".split())


@pytest.mark.parametrize("title", TITLES)
def test_bibtex_parses_back(record, title):
    entries = parse_string(cite.bibtex(item(record, title)), "bibtex").entries
    fields = entries["redrawn:tiny:line"].fields
    assert fields["year"] == "2026"
    assert re.sub(r"\\(.)", r"\1", fields["title"]) == f"{{{expected(title)}}}"
    assert "seed 3" in fields["note"] and "0123456789ab" in fields["note"]


@pytest.mark.parametrize("title", TITLES)
def test_ris_and_csl_json_parse_back(record, title):
    source = item(record, title)
    (reference,) = rispy.loads(cite.ris(source))
    assert reference["title"] == source["title"].strip() and reference["year"] == "2026"
    assert cite.ris(source).startswith("TY  - ")
    assert json.loads(cite.csl_json(source)) == [source]


def test_apa_has_author_year_title_and_version(record):
    line = cite.apa(item(record, "Plain title"))
    assert line.startswith("The Redrawn authors. (2026). Figure tiny/line, after “Plain title”")
    assert "Redrawn" in line and "0.1.0" in line
