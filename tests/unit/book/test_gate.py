"""The measure of the gate itself, on the miniature checkout."""

import json

import pytest

from redrawn.book import baseline, catalogue, execute, gate, paths, record

FRESH = range(1, 4)


@pytest.fixture
def accepted(ran):
    """The miniature, run and accepted."""
    (ran / "data" / "gate").mkdir()
    (ran / "data" / "gate" / "equivalent.yml").write_text("{}\n")
    chapter = catalogue.load().chapters["tiny"]
    baseline.accept(chapter, baseline.compare(chapter, "quick").run)
    return chapter


def counts() -> dict:
    return json.loads((gate.folder() / "alarms.json").read_text())["quick/tiny"]["claims"]


def test_alarms_are_counted_by_claim_and_shown(accepted):
    for seed in FRESH:
        assert execute.execute(accepted, "quick", seed, "cpu").status == "ok"
    gate.count_alarms([accepted], "quick", FRESH)
    assert counts() == {
        "mean-is-two": {"runs": 3, "alarms": 0, "other_verdict": 0},
        "a-beats-b": {"runs": 3, "alarms": 0, "other_verdict": 0},
    }
    assert "| quick/tiny | 2 | 3 | 0 | 0.00 (0.00 to 45.93) | 0 |" in gate.page()

    # a run that measured something else is an alarm, and here another verdict as well
    path = paths.run_dir("quick", "tiny", 2) / "record.json"
    moved = record.load(path)
    moved.measured["mean-is-two"] = [x + 3 for x in moved.measured["mean-is-two"]]
    moved.save(path)
    gate.count_alarms([accepted], "quick", FRESH)
    assert counts()["mean-is-two"] == {"runs": 3, "alarms": 1, "other_verdict": 1}
    assert "16.67" in gate.page() and "earlier baseline" not in gate.page()

    # counts outlive the baseline that they were made against, and the page says so once its values are others
    path = paths.baseline_path("quick", "tiny")
    later = record.load(path)
    later.key = "0" * 64
    later.save(path)
    assert "earlier baseline" not in gate.page()
    later.measured["mean-is-two"][0] += 1e-3
    later.save(path)
    assert "against an earlier baseline than today's: quick/tiny." in gate.page()


def test_a_missing_run_is_named(accepted):
    with pytest.raises(record.RecordError, match="tiny has no good run at quick for seed 1"):
        gate.count_alarms([accepted], "quick", FRESH)


def test_mutants_are_summed_and_survivors_shown_with_their_argument(checkout):
    assert gate.page().count("Not measured yet.") == 2
    place = checkout / "data" / "gate"
    place.mkdir()
    rows = [
        ("tests", "-a + b", "+a - b"),
        ("drift", "-1", "+2"),
        ("none", "-x | y", "+x"),
        ("none", "-3", "+4"),
    ]
    with (place / "mutants.jsonl").open("w") as file:
        for i, (by, before, after) in enumerate(rows):
            row = {"module": "src/redrawn/methods/topic/method.py", "operator": "core/X",
                   "occurrence": i, "change": [before, after], "caught_by": by}  # fmt: skip
            file.write(json.dumps(row) + "\n")
    (place / "equivalent.yml").write_text(
        "src/redrawn/methods/topic/method.py:core/X:2: y is empty\n"
    )
    page = gate.page()
    assert "Of 4 mutants 1 are equivalent" in page and "**2 of 3 (66.7 %)** are caught" in page
    assert "| topic | 4 | 1 | 0 | 1 | 2 |" in page
    assert "| `topic/method.py` | `x \\| y` → `x` | y is empty |" in page
    assert "| `topic/method.py` | `3` → `4` | not equivalent: a gap |" in page
    assert "Another sample" not in page
    with (place / "mutants.jsonl").open("a") as file:
        for i, by in enumerate(("tests", "claims", "tests", "none", "none")):
            row |= {"occurrence": i + 1, "caught_by": by, "fresh": 1}
            file.write(json.dumps(row) + "\n")
    (place / "equivalent.yml").write_text(
        "src/redrawn/methods/topic/method.py:core/X:4: four is three\n"
    )
    page = gate.page()
    assert "| topic | 4 | 1 | 0 | 1 | 2 |" in page, "the fresh ones are counted apart"
    assert (
        "of 5 mutants 1 are equivalent" in page
        and "**3 of 4** are caught (2 by tests, 1 by claims" in page
    )
    assert "which says 19 to 99 %" in page, "the exact binomial interval"
