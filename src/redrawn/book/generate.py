"""Files that are made from others and kept in the repository, so that people can read them there."""

from pathlib import Path

import yaml

from redrawn.book import bench, gate, paths
from redrawn.book.catalogue import Catalogue

HEADER = "# Made by `redrawn generate`; edit its sources instead.\n"


def toc(catalogue: Catalogue) -> str:
    """Return `_toc.yml`: guide first, then the parts with their chapters in the book's order."""
    guide = [
        "reading",
        "running",
        "verdicts",
        "trust",
        "faults",
        "speed",
        "architecture",
        "contributing",
    ]
    parts = [
        {"caption": "The whole", "chapters": [{"file": "status"}]},
        {"caption": "Guide", "chapters": [{"file": f"guide/{name}"} for name in guide]},
    ]
    for chapter in catalogue.chapters.values():
        if parts[-1]["caption"] != chapter.part:
            parts.append({"caption": chapter.part, "chapters": []})
        parts[-1]["chapters"].append({"file": f"{chapter.folder}/{chapter.slug}"})
    parts.append({"caption": "Bibliography", "chapters": [{"file": "bibliography"}]})
    return HEADER + yaml.safe_dump(
        {"format": "jb-book", "root": "index", "parts": parts}, sort_keys=False, width=100
    )


def conda_environment() -> str:
    """Return `environment.yml`: the pins of the lock file for conda users."""
    pins = [
        line.strip()
        for line in (paths.root() / "requirements.lock").read_text().splitlines()
        if "==" in line
    ]
    return HEADER + yaml.safe_dump(
        {
            "name": "redrawn",
            "channels": ["conda-forge"],
            "dependencies": ["python>=3.11.5,<3.12", "pip", {"pip": [*pins, "-e ."]}],
        },
        sort_keys=False,
        width=100,
    )


def files(catalogue: Catalogue) -> dict[Path, str]:
    """Return every generated file's path and what it must hold."""
    root = paths.root()
    return {
        root / "_toc.yml": toc(catalogue),
        root / "environment.yml": conda_environment(),
        root / "book" / "guide" / "trust.md": gate.page(),
        root / "book" / "guide" / "speed.md": bench.page(),
    }


def outdated(catalogue: Catalogue) -> list[Path]:
    """Return the generated files that differ from their sources."""
    return [
        path
        for path, text in files(catalogue).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
