"""What a reader takes along: the executed chapter as a notebook, and the wheel that runs it anywhere."""

import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

import redrawn
from redrawn.book.catalogue import Catalogue
from redrawn.book.reuse import Reuse

RAW = re.compile(r"^```\{raw\} html\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(
    r"^````\{figure\} \.\./(\S+)\n---\n(.*?)\n---\n(.*?)\n````$", re.MULTILINE | re.DOTALL
)
CITE = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
# what the wheel is made of
FOLDERS = ("src", "book", "data")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "_config.yml", "requirements.lock")
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info")


def wheel(place: Path, reuse: Reuse) -> str:
    """Build the package's wheel into `place`, or take over the last one, if it is of the same files; return its name."""
    source = Path(redrawn.__file__).resolve().parents[2]
    place.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder, "source")
        copied.mkdir()
        for name in FOLDERS:
            shutil.copytree(source / name, copied / name, ignore=IGNORED)
        for name in FILES:
            shutil.copy2(source / name, copied)
        files = sorted(file for file in copied.rglob("*") if file.is_file())
        names = "\n".join(str(file.relative_to(copied)) for file in files)
        before = next((reuse.book / "_static").glob("redrawn-*.whl"), None)
        if reuse.unchanged("wheel", [names.encode(), *(f.read_bytes() for f in files)]) and before:
            os.link(before, place / before.name)
            return before.name
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
