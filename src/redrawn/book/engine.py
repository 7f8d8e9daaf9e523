"""Hand the stale runs to Snakemake, on this machine or on a cluster."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from redrawn.book import atomic, lock, paths, progress
from redrawn.book.job import Job

LEAST_FREE_MB = 50
"""With less than this free, a job that left no record is put down to the disk."""


class EngineError(Exception):
    """A job left no record; the message says why, or where its log is."""


def executors() -> list[str]:
    """Return the names of the places that jobs can run in: the profiles of the workflow."""
    return sorted(p.parent.name for p in (paths.root() / "workflow" / "profiles").glob("*/*.yaml"))


def run(jobs: list[Job], executor: str, cores: int, console: Console) -> None:
    """Run `jobs`, at most `cores` at once; return when all have a record, good or failed.

    Raises:
        LockedError: another run is under way in this checkout.
        EngineError: a job left no record, or the engine could not start.
        KeyboardInterrupt: after the engine and its jobs have been stopped.

    """
    root, folder = paths.root(), paths.build() / "jobs"
    log = folder / "snakemake.log"
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(root / "workflow" / "Snakefile"),
        "--directory", str(root), "--configfile", str(folder / "jobs.json"),
        "--workflow-profile", str(root / "workflow" / "profiles" / executor),
        "--cores" if executor == "local" else "--jobs", str(cores),
        "--forcerun", "chapter", "--nocolor",
        "--nolock",  # ours is freed by the system when a run is killed, Snakemake's is not
    ]  # fmt: skip
    # A job here ends with this process; on a cluster it may as well finish.
    environment = os.environ | ({"REDRAWN_RUNNER": str(os.getpid())} if executor == "local" else {})
    with lock.held(os.getpid()) as descriptor:
        for job in jobs:
            for kind in ("progress", "done"):
                job.marker(kind).unlink(missing_ok=True)
        told = [asdict(job) | {"usual_seconds": job.usual_seconds()} for job in jobs]
        atomic.write_text(folder / "jobs.json", json.dumps({"jobs": told}))
        with log.open("w") as out:
            # A group of its own: Ctrl-C reaches us first, and we stop the whole group.
            engine = subprocess.Popen(
                command, stdout=out, stderr=out, start_new_session=True,
                pass_fds=[descriptor], env=environment,
            )  # fmt: skip
            try:
                progress.show(jobs, engine, console)
            except KeyboardInterrupt:
                if executor != "local":
                    _cancel(engine)
                raise
            finally:
                _stop(engine)
    if engine.returncode:
        raise EngineError(_why(jobs, engine.returncode, log))


def _cancel(engine: subprocess.Popen) -> None:
    """Let the engine take its jobs back from the cluster: on any other signal it would wait for them."""
    engine.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        engine.wait(timeout=30)


def _stop(engine: subprocess.Popen) -> None:
    """End the engine and what it left: jobs outlive an engine that was killed."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(engine.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(timeout=20)
            return


def _why(jobs: list[Job], code: int, log: Path) -> str:
    lost = [job for job in jobs if not job.marker("done").exists()]
    free = shutil.disk_usage(paths.build()).free // 2**20
    if free < LEAST_FREE_MB:
        hint = f"only {free} MB are free on the disk of {paths.build()}: make room"
    else:
        logs = [job.marker("log") for job in lost if job.marker("log").is_file()]
        hint = f"see {', '.join(map(str, logs or [log]))}"
    names = ", ".join(job.name for job in lost) or f"the engine (exit {code})"
    return f"{names} did not finish; {hint}, then run again"
