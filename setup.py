"""A wheel that runs a chapter's notebook by itself: it carries the catalogue and the data beside the code."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithBook(build_py):
    """Copy what `redrawn.book.paths.root()` stands for into the package, unless it stays a checkout."""

    def run(self):
        """Build the package, then put the book's own files into it."""
        super().run()
        if self.editable_mode:
            return
        place = Path(self.build_lib, "redrawn", "_checkout")
        for name in ("book", "data"):
            shutil.copytree(name, place / name, ignore=shutil.ignore_patterns("baselines"))
        for name in ("_config.yml", "requirements.lock"):
            shutil.copy2(name, place)


setup(cmdclass={"build_py": WithBook})
