"""The code of the chapters' pages meets the linter, which does not read Markdown itself."""

import subprocess
import sys

import jupytext
import pytest

from redrawn.book import catalogue

WRITTEN = [c for c in catalogue.load().chapters.values() if c.status == "written"]


def complaints(notebook) -> str:
    """Return what ruff says of a notebook's cells."""
    lint = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "F,B", "-"]
    code = jupytext.writes(notebook, "py:percent")
    return subprocess.run(lint, input=code, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("chapter", WRITTEN, ids=lambda c: c.slug)
def test_cells_name_nothing_unknown_and_import_nothing_idle(chapter):
    notebook = jupytext.read(chapter.source, fmt="md:myst")
    assert complaints(notebook) == ""
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    last.source += "\nunheard_of.run(profile)"
    assert "F821 Undefined name `unheard_of`" in complaints(notebook)
