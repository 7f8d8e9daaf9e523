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
WHEEL = f"redrawn-{redrawn.__version__}-py3-none-any.whl"
# what the wheel is made of
FOLDERS = ("src", "book", "data")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "_config.yml", "requirements.lock")
IGNORED = re.compile(r"/__pycache__/|\.egg-info/")


def wheel(place: Path, reuse: Reuse) -> None:
    """Build the package's wheel, `WHEEL`, into `place`, or take over the last one, if it is of the same files."""
    source = Path(redrawn.__file__).resolve().parents[2]
    place.mkdir(exist_ok=True)
    found = [source / name for name in FILES]
    found += [file for name in FOLDERS for file in (source / name).rglob("*") if file.is_file()]
    files = sorted(f for f in found if not IGNORED.search(f.as_posix()))
    names = "\n".join(str(file.relative_to(source)) for file in files)
    before = reuse.book / "_static" / WHEEL
    unchanged = reuse.unchanged("wheel", [names.encode(), *(f.read_bytes() for f in files)])
    if unchanged and before.is_file():
        os.link(before, place / WHEEL)
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            copied = Path(folder, file.relative_to(source))
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copied)
        # what pip would call, without a second to think about it
        build = f"from setuptools.build_meta import build_wheel; build_wheel({str(place)!r})"
        command = [sys.executable, "-c", build]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


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
