"""Which chapters a change reaches: what a pull request has to run again."""

import subprocess

from redrawn.book import key, paths
from redrawn.book.catalogue import Catalogue
from redrawn.book.declaration import Chapter


class RevisionError(Exception):
    """A revision that git does not know here."""


def changed_files(base: str) -> set[str]:
    """Return the files that differ between `base` and the working tree, by path below the checkout.

    Raises:
        RevisionError: git does not know `base`.

    """
    command = ["git", "diff", "--name-only", "--end-of-options", base, "--"]
    done = subprocess.run(command, cwd=paths.root(), capture_output=True, text=True)
    if done.returncode:
        raise RevisionError(f"git does not know {base!r} here: {done.stderr.strip()}")
    return set(done.stdout.split())


def chapters(catalogue: Catalogue, changed: set[str]) -> list[Chapter]:
    """Return the written chapters whose result may change with `changed`."""
    return [
        chapter
        for chapter in catalogue.chapters.values()
        if chapter.status == "written" and changed & _reached(chapter)
    ]


def _reached(chapter: Chapter) -> set[str]:
    page = f"book/{chapter.folder}/{chapter.slug}"
    modules = key.reached_modules(chapter.source.read_text(encoding="utf-8"))
    return (
        {f"{page}.md", f"{page}.yml", "requirements.lock"}
        | {f"src/{key.module_file(m).relative_to(key.SOURCES).as_posix()}" for m in modules}
        | ({"data/datasets.yml"} if chapter.datasets else set())
    )
