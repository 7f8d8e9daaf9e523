import json

import pytest
from typer.testing import CliRunner

from redrawn import cli
from redrawn.book import paths


def call(capsys, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["redrawn", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
        raise SystemExit(0)
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_every_command_has_help():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for name in (
        "list",
        "run",
        "check",
        "accept",
        "status",
        "cite",
        "book",
        "serve",
        "data",
        "new",
    ):
        assert name in shown
        assert CliRunner().invoke(cli.app, [name, "--help"]).exit_code == 0


def test_a_wrong_chapter_suggests_the_nearest(checkout, capsys, monkeypatch):
    code, _, err = call(capsys, monkeypatch, "run", "tinny")
    assert code == 1 and "did you mean 'tiny'?" in err and "Traceback" not in err


def test_a_wrong_profile_lists_the_right_ones(checkout, capsys, monkeypatch):
    code, _, err = call(capsys, monkeypatch, "run", "tiny", "--profile", "fast")
    assert code == 2 and "quick, standard, paper" in err


def test_a_planned_chapter_cannot_be_run(checkout, capsys, monkeypatch):
    code, _, err = call(capsys, monkeypatch, "run", "later")
    assert code == 1 and "redrawn new later" in err


def test_run_check_accept_and_a_second_run_that_has_nothing_to_do(checkout, capsys, monkeypatch):
    assert call(capsys, monkeypatch, "check")[0] == 1, "not run yet is not green"
    code, _, err = call(capsys, monkeypatch, "run", "--device", "cpu", "--jobs", "1")
    assert code == 0, err
    assert "tiny: done" in err
    code, out, _ = call(capsys, monkeypatch, "check", "--json")
    assert code == 0 and {c["baseline"] for c in json.loads(out)["claims"]} == {"new"}
    assert call(capsys, monkeypatch, "accept", "--yes")[0] == 0
    code, _, err = call(capsys, monkeypatch, "run", "--device", "cpu")
    assert code == 0 and "0 to run" in err

    page = checkout / "book" / "small-things" / "tiny.md"
    page.write_text(page.read_text().replace("normal(2,", "normal(4,"))
    assert "1 to run" in call(capsys, monkeypatch, "run", "--device", "cpu")[2]
    code, _, err = call(capsys, monkeypatch, "check")
    assert code == 1 and "tiny/mean-is-two: drifted" in err and "redrawn accept tiny" in err

    page.write_text(page.read_text().replace("chapter.close()", "1 / 0"))
    code, _, err = call(capsys, monkeypatch, "run", "--device", "cpu")
    assert code == 1 and "failed: tiny" in err
    assert call(capsys, monkeypatch, "run", "--device", "cpu", "--keep-going")[0] == 0
    code, _, err = call(capsys, monkeypatch, "check")
    assert code == 1 and "ZeroDivisionError" in err


def test_status_json(checkout, capsys, monkeypatch):
    code, out, _ = call(capsys, monkeypatch, "status", "--json")
    found = json.loads(out)
    assert code == 0 and len(found["papers"]) == 3 and len(found["chapters"]) == 2
    assert {p["verdict"] for p in found["papers"]} == {"not tested", "planned"}


def test_new_writes_a_skeleton_once(checkout, capsys, monkeypatch):
    assert call(capsys, monkeypatch, "new", "later")[0] == 0
    page = (checkout / "book" / "small-things" / "later.md").read_text()
    assert "chapter.close()" in page and "{cite}`third-paper`" in page
    for module in ("__init__", "experiment", "figures"):
        source = checkout / "src/redrawn/studies/later" / f"{module}.py"
        compile(source.read_text(), source, "exec")
    code, _, err = call(capsys, monkeypatch, "new", "later")
    assert code == 1 and "is there already" in err


def test_serve_without_a_site_says_what_to_do(checkout, capsys, monkeypatch):
    code, _, err = call(capsys, monkeypatch, "serve")
    assert code == 1 and "make book" in err


def test_a_bad_catalogue_is_one_message(checkout, capsys, monkeypatch):
    (checkout / "book" / "small-things" / "tiny.yml").write_text("slug: tiny\n}title: x\n")
    code, _, err = call(capsys, monkeypatch, "list")
    assert code == 1 and "tiny.yml:2" in err and "Traceback" not in err


def test_outside_a_checkout(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("REDRAWN_ROOT", raising=False)
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "a/b/c/d/paths.py"))
    monkeypatch.chdir(tmp_path)
    code, _, err = call(capsys, monkeypatch, "list")
    assert code == 1 and "no Redrawn checkout here" in err


def test_a_figure_is_cited_from_the_shell(checkout, capsys, monkeypatch):
    code, _, err = call(capsys, monkeypatch, "cite", "tiny/line")
    assert code == 1 and "redrawn run tiny" in err
    assert call(capsys, monkeypatch, "run", "tiny", "--device", "cpu")[0] == 0
    code, out, _ = call(capsys, monkeypatch, "cite", "tiny/line", "--format", "csl-json")
    assert code == 0 and json.loads(out)[0]["title"].startswith("Figure tiny/line")
    code, _, err = call(capsys, monkeypatch, "cite", "tiny/circle")
    assert code == 1 and "tiny has line" in err
    code, _, err = call(capsys, monkeypatch, "cite", "tiny/line", "--format", "word")
    assert code == 2 and "bibtex, apa, csl-json, ris" in err
