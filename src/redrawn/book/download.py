"""What a reader takes along: the executed chapter as a notebook, and the wheel that runs it anywhere."""

import copy
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

import redrawn
from redrawn.book.catalogue import Catalogue

RAW = re.compile(r"^```\{raw\} html\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(
    r"^````\{figure\} \.\./(\S+)\n---\n(.*?)\n---\n(.*?)\n````$", re.MULTILINE | re.DOTALL
)
CITE = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def wheel(place: Path) -> str:
    """Build the package's wheel into `place`; return its name."""
    source = Path(redrawn.__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder, "source")
        copied.mkdir()
        for name in ("src", "book", "data"):
            shutil.copytree(
                source / name,
                copied / name,
                ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
            )
        for name in (
            "pyproject.toml",
            "setup.py",
            "README.md",
            "LICENSE",
            "_config.yml",
            "requirements.lock",
        ):
            shutil.copy2(source / name, copied)
        command = [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--no-index", "--disable-pip-version-check", "--wheel-dir", str(place), str(copied),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
    return next(place.glob("redrawn-*.whl")).name


def notebook(page: nbformat.NotebookNode, catalogue: Catalogue, wheel_address: str, url: str):
    """Return a chapter's page as a notebook for Jupyter: no directive, and an install to begin with."""
    taken = copy.deepcopy(page)

    def cited(match: re.Match) -> str:
        return "; ".join(catalogue.papers[p.strip()].title for p in match[1].split(","))

    for cell in taken.cells:
        if cell.cell_type == "markdown":
            text = FIGURE.sub(lambda m: f"![]({url}{m[1]})\n\n*{m[3]}*", cell.source)
            cell.source = CITE.sub(cited, RAW.sub(r"\1", text))
    install = nbformat.v4.new_code_cell(f"%pip install --quiet {wheel_address}")
    taken.cells.insert(0, install)
    return taken
