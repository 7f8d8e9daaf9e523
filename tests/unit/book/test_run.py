"""From a chapter's text to a verdict, on the miniature checkout: the whole way, and its breaks."""

import json

import pytest

from redrawn.book import (
    baseline,
    catalogue,
    entry,
    execute,
    key,
    paths,
    record,
    render,
    staging,
    status,
)

REACH_OUT = "import socket\nsocket.create_connection(('{}', 80), timeout=1)"


def run(slug="tiny", profile="quick", seed=0):
    return execute.execute(catalogue.find_chapter(slug), profile, seed, "cpu")


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def page(checkout):
    return checkout / "book" / "small-things" / "tiny.md"


def test_a_run_is_recorded_judged_accepted_and_compared(checkout, page):
    done = run()
    assert done.status == "ok", done.error
    folder = paths.run_dir("quick", "tiny")
    assert sorted(p.name for p in (folder / "figures").iterdir()) == [
        "line.csv", "line.json", "line.pdf", "line.png", "line.svg",
    ]  # fmt: skip
    assert not list(folder.parent.glob(".*")), "nothing half-made is left"
    assert json.loads((folder / "figures" / "line.json").read_text())["id"] == "tiny/line"

    chapter = catalogue.load().chapters["tiny"]
    assert {v.baseline for v in status.of_chapter(chapter, "quick").judged} == {"new"}
    baseline.accept(chapter, baseline.compare(chapter, "quick").run)
    state = status.of_chapter(chapter, "quick")
    assert [(v.paper, v.baseline) for v in state.judged] == [("holds", "unchanged")] * 2
    assert paths.baseline_path("quick", "tiny").with_suffix(".svg").is_file()

    run(seed=7)
    fresh = status.of_chapter(chapter, "quick", seed=7)
    assert [v.baseline for v in fresh.judged] == ["unchanged"] * 2, "a fresh seed is no alarm"

    replace(page, "normal(2, 0.1, 5)", "normal(3, 0.1, 5)")
    run()
    state = status.of_chapter(chapter, "quick")
    assert state.status == "drifted"
    assert [(v.paper, v.baseline) for v in state.judged] == [
        ("does not hold", "drifted"),
        ("holds", "drifted"),
    ]


def test_a_kernel_is_spoken_to_by_no_port_that_another_run_might_take(checkout, page):
    look = "from ipykernel import get_connection_info\nspoken = get_connection_info(unpack=True)"
    replace(page, "draws = np", f"{look}\nassert spoken['transport'] == 'ipc', spoken\ndraws = np")
    done = run()
    assert done.status == "ok", done.error


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("chapter.close()", "", "never called"),
        ('chapter.measure("mean-is-two", draws)', "", "mean-is-two"),
        ('measure("mean-is-two", draws)', 'measure("mean-is-two", draws * np.nan)', "not finite"),
        ('measure("mean-is-two", draws)', 'measure("mean-is-two", 2.0)', "one value a seed"),
        ('measure("mean-is-two", draws)', 'measure("unheard-of", draws)', "not declared"),
        ('chapter.figure("line"', 'chapter.figure("circle"', "not declared"),
        ('alt="A line that wanders about the height of two."', 'alt=""', "alt text"),
        ("draws = np", "draws = 1 / 0\ndraws = np", "ZeroDivisionError"),
        ("draws = np", f"{REACH_OUT.format('192.0.2.1')}\ndraws = np", "asked for 192.0.2.1"),
        ("draws = np", f"{REACH_OUT.format('example.org')}\ndraws = np", "asked for example.org"),
    ],
)
def test_a_broken_chapter_is_recorded_as_failed_and_never_judged(checkout, page, old, new, said):
    replace(page, old, new)
    done = run()
    assert done.status == "failed" and said in done.error
    chapter = catalogue.load().chapters["tiny"]
    assert {v.paper for v in status.of_chapter(chapter, "quick").judged} == {"error"}
    with pytest.raises(record.RecordError, match="no good run"):
        baseline.compare(chapter, "quick")
    assert said in render.planned_page(status.of_chapter(chapter, "quick"), catalogue.load())


def test_pages_are_filled_in_from_the_record(ran):
    book = catalogue.load()
    state = status.of_chapter(book.chapters["tiny"], "quick")
    text = render.text(
        "It is {measured}`mean-is-two` and {verdict}`mean-is-two`, {number}`first`.", state, book
    )
    value = state.judged[0].measured[""].value
    assert f"{value:.3g}" in text and "**holds**" in text and "{" not in text
    figure = render.text("```{redrawn-figure} line\n```", state, book)
    assert "alt: 'A line that wanders" in figure and "_static/figures/tiny/line.svg" in figure
    for unknown in ("{measured}`x`", "{number}`x`", "```{redrawn-figure} x\n```"):
        with pytest.raises(render.RenderError, match="x"):
            render.text(unknown, state, book)


def test_the_key_changes_with_what_the_result_depends_on_only(checkout, page):
    def now(profile="quick", seed=0, device="cpu"):
        return key.run_key(catalogue.load().chapters["tiny"], profile, seed, device)

    first = now()
    assert first == now()
    assert len({first, now("standard"), now(seed=1), now(device="cuda")}) == 4
    yml = page.with_suffix(".yml")
    replace(yml, "The mean is two.", "Two is the mean.")
    assert now() == first, "a claim's wording is judged afresh, not run afresh"
    replace(page, "0.1, 5", "0.2, 5")
    second = now()
    assert second != first
    (checkout / "requirements.lock").write_text("torch==2.13.1\n")
    assert now() != second


def test_the_key_knows_the_modules_that_a_notebook_reaches():
    reached = key.reached_modules(
        "```{code-cell} ipython3\n:tags: [x]\nfrom redrawn.book import open_chapter\n```"
    )
    assert {
        "redrawn",
        "redrawn.book",
        "redrawn.book.chapter",
        "redrawn.book.expectation",
    } <= reached
    assert "redrawn.cli" not in reached and "redrawn.book.site" not in reached


@pytest.mark.parametrize("damage", ["{", "", '{"slug": "tiny"}', "[]"])
def test_a_damaged_record_is_named_not_read(ran, damage):
    path = paths.run_dir("quick", "tiny") / "record.json"
    path.write_text(damage)
    with pytest.raises(record.RecordError, match=r"record\.json.*run the chapter again"):
        record.load(path)


def test_an_edited_record_is_refused(ran):
    path = paths.run_dir("quick", "tiny") / "record.json"
    replace(path, '"seed": 0', '"seed": 1')
    with pytest.raises(record.RecordError, match="digest"):
        record.load(path)


def test_status_lists_every_paper_and_chapter(ran):
    found = status.of_book(status.of_chapters(catalogue.load(), "quick"), "quick")
    assert [(p["id"], p["verdict"]) for p in found["papers"]] == [
        ("first-paper", "holds"),
        ("second-paper", "holds"),
        ("third-paper", "planned"),
    ]
    assert [(c["slug"], c["status"]) for c in found["chapters"]] == [
        ("tiny", "ok"),
        ("later", "planned"),
    ]


def test_a_chapter_opens_on_a_real_device_and_refuses_others(checkout):
    from redrawn.book import open_chapter
    from redrawn.book.chapter import ChapterError

    assert open_chapter("tiny").device in {"cpu", "cuda", "mps"}
    assert (
        open_chapter("tiny", device="cpu").out == checkout / "_build" / "drafts" / "quick" / "tiny"
    )
    for wrong, error in (
        ({"slug": "none"}, entry.CatalogueError),
        ({"profile": "fast"}, ChapterError),
        ({"device": "tpu"}, ChapterError),
    ):
        with pytest.raises(error, match="no "):
            open_chapter(**{"slug": "tiny", **wrong})


def test_a_profile_never_borrows_from_another(ran):
    chapter = catalogue.load().chapters["tiny"]
    assert {v.paper for v in status.of_chapter(chapter, "standard").judged} == {"not tested"}


def test_staging_shows_planned_and_failed_chapters(checkout, page):
    replace(page, "chapter.close()", "raise ValueError('<script>broken')")
    run()
    staged = staging.stage(
        catalogue.load(), status.of_chapters(catalogue.load(), "quick"), "quick", "/"
    )
    assert "ValueError" in (staged / "small-things" / "tiny.md").read_text()
    assert "not written yet" in (staged / "small-things" / "later.md").read_text()


def test_the_verdict_block_counts_each_papers_claims_and_escapes_them(ran, page):
    yml = page.with_suffix(".yml")
    replace(yml, "The mean is two.", "The <script>mean</script> is two.")
    book = catalogue.load()
    block = render.text(
        "```{verdicts}\n```", status.of_chapter(book.chapters["tiny"], "quick"), book
    )
    assert block.count('<details class="paper-verdicts">') == 2
    assert block.count("✓ holds: 1") == 2 and block.count("+ new: 1") == 2
    assert "Second &amp; last" in block
    assert "<script>" not in block and "&lt;script&gt;" in block


def test_the_staged_notebook_hides_parameters_and_folds_captions(ran):
    staged = staging.stage(
        catalogue.load(), status.of_chapters(catalogue.load(), "quick"), "quick", "/"
    )
    notebook = json.loads((staged / "small-things" / "tiny.ipynb").read_text())
    tags = {
        "".join(cell["source"]).splitlines()[0]: cell["metadata"].get("tags")
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }
    assert "remove-cell" in tags["# Parameters"]
    assert tags["import numpy as np"] == ["hide-input"]


def test_a_chapter_that_did_not_change_is_staged_once(ran, page):
    def stage():
        book = catalogue.load()
        staged = staging.stage(book, status.of_chapters(book, "quick"), "quick", "/")
        return staged, (staged / "_static/figures/tiny/tiny.ipynb").stat().st_ino

    staged, first = stage()
    assert stage()[1] == first, "linked from the build before"
    replace(page.with_suffix(".yml"), "The mean is two.", "Two is the mean.")
    staged, second = stage()
    assert (
        second != first and "Two is the mean." in (staged / "small-things/tiny.ipynb").read_text()
    )
    run()
    assert stage()[1] != second, "another run has other pages"
