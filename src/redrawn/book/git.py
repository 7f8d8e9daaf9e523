"""What git says about this checkout."""

import subprocess

from redrawn.book import paths


def output(*words: str, stdin: bytes = b"") -> bytes:
    """Return what `git` prints for these words, nothing where it fails: outside of a git checkout, say."""
    done = subprocess.run(["git", *words], cwd=paths.root(), input=stdin, capture_output=True)
    return done.stdout if done.returncode == 0 else b""
