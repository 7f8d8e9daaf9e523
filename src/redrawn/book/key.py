"""The key of a run: it changes exactly when the run's result might.

It covers the chapter's text and what its `.yml` promises, the parameters, every `redrawn` module that
the notebook reaches by import, the lock file, the data's checksums and the class of device.
A claim's wording or expectation is not in it: those are judged afresh from the record each time.
"""

import ast
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import grimp

import redrawn
from redrawn.book import paths
from redrawn.book.declaration import Chapter
from redrawn.book.device import resolve_device
from redrawn.data import registry

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Cell options (`:tags:` lines, or YAML between two --- lines) and magics.
NOT_PYTHON = re.compile(r"\A---\n(?:[^\n]*\n)*?---\n|^:[\w-]+:[^\n]*$|^[%!][^\n]*$", re.MULTILINE)

SOURCES = Path(redrawn.__file__).parents[1]
"""The folder that holds the package."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("redrawn", cache_dir=str(paths.build() / "grimp"))


def module_file(module: str) -> Path:
    """Return a `redrawn` module's file, below the folder `SOURCES`."""
    # By its place, not by importlib: finding a module would import its parents, and torch with them.
    place = SOURCES.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@cache
def _module_digest(module: str) -> str:
    return file_digest(module_file(module))


def file_digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def notebook_imports(text: str) -> set[str]:
    """Return the `redrawn` modules that a chapter's code cells import."""
    known = _graph().modules
    found = set()
    for cell in CELL.findall(text):
        code = NOT_PYTHON.sub("", cell)
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            found |= {name for name in names if name in known}
    return found


def reached_modules(text: str) -> set[str]:
    """Return every `redrawn` module whose change may change the chapter's result."""
    reached = set()
    for module in notebook_imports(text):
        reached |= {module} | _graph().find_upstream_modules(module)
    # importing a module runs its parents as well
    parents = {m.rsplit(".", n)[0] for m in reached for n in range(1, m.count(".") + 1)}
    return reached | parents


def lock_digest() -> str:
    """Return the SHA-256 of the lock file."""
    return file_digest(paths.root() / "requirements.lock")


def run_key(chapter: Chapter, profile: str, seed: int, device: str) -> str:
    """Return the key of one run, 64 hexadecimal digits."""
    text = chapter.source.read_text(encoding="utf-8")
    parts = {
        "text": text,
        "promises": [
            [f.id for f in chapter.figures],
            [(c.id, c.seeded, c.expect.kind) for c in chapter.decided_in(profile)],
        ],
        "parameters": [profile, seed],
        "modules": {m: _module_digest(m) for m in sorted(reached_modules(text))},
        "lock": lock_digest(),
        "data": registry.checksums(chapter.datasets),
        "device": resolve_device(device),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
