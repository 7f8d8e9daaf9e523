"""Where things are in a checkout. Every other module asks here."""

import os
from pathlib import Path

from redrawn.data.registry import PACKAGED

PROFILES = ("quick", "standard", "paper")


def root() -> Path:
    """Return the checkout's folder: `REDRAWN_ROOT`, or the nearest folder above that has `_config.yml`.

    Raises:
        FileNotFoundError: neither is there; the message says what to do.

    """
    if named := os.environ.get("REDRAWN_ROOT"):
        return Path(named).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3], PACKAGED):
        if (folder / "_config.yml").is_file() and (folder / "book").is_dir():
            return folder
    raise FileNotFoundError("no Redrawn checkout here: run inside one, or set REDRAWN_ROOT to it")


def build() -> Path:
    """Return the folder of everything that can be made again: a wheel's user has it where they are."""
    found = root()
    return Path.cwd() / "redrawn" if found == PACKAGED else found / "_build"


def run_name(slug: str, seed: int) -> str:
    """Name a run's folder: seed 0 is the chapter's own, any other seed is marked `slug@seed`."""
    return slug if seed == 0 else f"{slug}@{seed}"


def run_dir(profile: str, slug: str, seed: int = 0) -> Path:
    """Return the folder that holds a finished run."""
    return build() / "runs" / profile / run_name(slug, seed)


def jobs_dir(profile: str) -> Path:
    """Return the folder of the engine's markers and of progress files."""
    return build() / "jobs" / profile


def baseline_path(profile: str, slug: str) -> Path:
    """Return the accepted baseline's file."""
    return root() / "data" / "baselines" / profile / f"{slug}.json"
