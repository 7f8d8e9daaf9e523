"""Run one chapter once: jupytext -> papermill -> record. The workflow engine calls this as a job.

All is written to a folder beside the run's place and put there in one step at the end. A chapter that
fails is recorded as failed, with its error; the job itself exits 0, so that the book can show it.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import jupytext
import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from redrawn.book import atomic, catalogue, confine, git, key, paths
from redrawn.book.declaration import Chapter
from redrawn.book.device import DEVICES, resolve_device
from redrawn.book.record import FigureRecord, Provenance, Record
from redrawn.data import registry

TIMEOUT_FACTOR = 5
"""A cell is stopped after this many times the chapter's whole declared time."""

PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "matplotlib")


def execute(chapter: Chapter, profile: str, seed: int, device: str) -> Record:
    """Run a chapter and return its record, which is by then in its place on disk."""
    slug = chapter.slug
    run_key = key.run_key(chapter, profile, seed, device)
    place = paths.run_dir(profile, slug, seed)
    for abandoned in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(abandoned)  # left by a run that was killed
    out = place.with_name(f".{place.name}.{os.getpid()}")
    out.mkdir(parents=True)
    started = datetime.datetime.now(datetime.UTC)
    clock = time.perf_counter()
    try:
        for name in chapter.datasets:
            registry.path_of(name)
        error = _run_notebook(chapter, profile, seed, resolve_device(device), out)
        draft = json.loads((out / "draft.json").read_text()) if not error else {}
    except registry.DataError as wrong:
        draft, error = {}, str(wrong)
    except FileNotFoundError:
        draft, error = {}, "the notebook never called chapter.close()"
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    record = Record(
        slug=slug,
        profile=profile,
        seed=seed,
        device=resolve_device(device),
        key=run_key,
        status="failed" if error else "ok",
        error=error,
        measured=draft.get("measured", {}),
        numbers=draft.get("numbers", {}),
        figures=[FigureRecord(**f) for f in draft.get("figures", [])],
        provenance=_provenance(chapter, started, time.perf_counter() - clock),
    )
    _seal(record, out)
    atomic.swap_folder(out, place)
    return record


def _seal(record: Record, out: Path) -> None:
    (out / "draft.json").unlink(missing_ok=True)
    shared = record.model_dump(include={"slug", "profile", "seed", "device", "key", "provenance"})
    for figure in record.figures:
        own = {"id": f"{record.slug}/{figure.id}", **figure.model_dump(exclude={"id"}), **shared}
        text = json.dumps(own, indent=1) + "\n"
        (out / "figures" / f"{figure.id}.json").write_text(text)
    record.save(out / "record.json")


def _run_notebook(chapter: Chapter, profile: str, seed: int, device: str, out: Path) -> str:
    """Execute the chapter's notebook into `out`; return its error, empty if there is none."""
    notebook = jupytext.read(chapter.source, fmt="md:myst")
    nbformat.write(notebook, out / "input.ipynb")
    progress = paths.jobs_dir(profile) / f"{paths.run_name(chapter.slug, seed)}.progress"
    total = len(notebook.cells)

    def report(cell_index: int, **_) -> None:
        atomic.write_text(progress, json.dumps({"cell": cell_index + 1, "cells": total}))

    os.environ["REDRAWN_OUT"] = str(out)  # the kernel inherits it
    try:
        with tempfile.TemporaryDirectory(prefix="redrawn-") as sockets:
            papermill.execute_notebook(
                out / "input.ipynb",
                out / "chapter.ipynb",
                parameters={"profile": profile, "seed": seed, "device": device},
                kernel_name="python3",
                config=_kernel_sockets(Path(sockets)),
                cwd=paths.root(),
                progress_bar=False,
                execution_timeout=TIMEOUT_FACTOR * chapter.needs[profile].seconds,
                on_cell_start=report,
            )
    except PapermillExecutionError as error:
        said = f"{error.ename}: {error.evalue} (cell {error.exec_count})"
        return said + _memory_hint(said, chapter.needs[profile].mem_mb)
    except (TimeoutError, RuntimeError) as error:  # a hanging cell; a kernel that died
        return f"{type(error).__name__}: {error}".strip()
    finally:
        del os.environ["REDRAWN_OUT"]
        (out / "input.ipynb").unlink()
        if (out / "chapter.ipynb").exists():
            _clean(out / "chapter.ipynb")
    return ""


def _kernel_sockets(folder: Path) -> Config:
    # TCP ports are free when Jupyter picks them, and may be another's when the kernel, seconds later, takes them.
    return Config(
        KernelManager={"transport": "ipc", "connection_file": str(folder / "kernel.json")}
    )


def _memory_hint(said: str, declared_mb: int) -> str:
    # NumPy, Python and PyTorch say it each in its own way
    if not re.search("MemoryError|allocate memory", said):
        return ""
    return f": over its limit of {confine.MEMORY_FACTOR} x {declared_mb} MB, twice what the .yml declares"


def _clean(path: Path) -> None:
    """Strip what differs between two equal runs: times, paths and papermill's own notes."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for noise in ("papermill", "execution"):
            cell.metadata.pop(noise, None)
    nbformat.write(notebook, path)


def _provenance(chapter: Chapter, started: datetime.datetime, seconds: float) -> Provenance:
    # RUSAGE_CHILDREN has the largest child that ended: the kernel. Linux counts kilobytes, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    commit = git.output("rev-parse", "HEAD").decode().strip() or "unknown"
    return Provenance(
        commit=commit,
        dirty=bool(git.output("status", "--porcelain", "--untracked-files=no").strip()),
        lock_sha256=key.lock_digest(),
        data_sha256=registry.checksums(chapter.datasets),
        versions={"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in PACKAGES},
        machine=f"{platform.system()} {platform.machine()}",
        started=started.isoformat(timespec="seconds"),
        wall_seconds=round(seconds, 2),
        peak_mb=round(peak / (1024 if platform.system() == "Linux" else 1024**2), 1),
    )


def main() -> None:
    """Run the chapter that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slug")
    parser.add_argument("profile", choices=paths.PROFILES)
    parser.add_argument("seed", type=int)
    parser.add_argument("device", choices=DEVICES)
    given = parser.parse_args()
    # The engine stops a job by SIGTERM: raised as an exception, it also stops the kernel.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chapter = catalogue.find_chapter(given.slug)
    if runner := os.environ.get("REDRAWN_RUNNER"):
        confine.lifetime(int(runner))
        confine.memory(chapter.needs[given.profile].mem_mb)
    try:
        record = execute(chapter, given.profile, given.seed, given.device)
    except Exception:
        traceback.print_exc()
        sys.exit(1)
    took = f"{record.provenance.wall_seconds:.0f} s"
    print(f"{given.slug}: {record.status} after {took} {record.error}", flush=True)


if __name__ == "__main__":
    main()
