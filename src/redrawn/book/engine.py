"""Hand the stale runs to Snakemake and show how they go."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from redrawn.book import atomic, key, paths, record
from redrawn.book.catalogue import Chapter


@dataclass(frozen=True)
class Job:
    """One run: a chapter at one profile, seed and device, and what it needs of a machine."""

    name: str
    slug: str
    profile: str
    seed: int
    device: str
    seconds: int
    mem_mb: int
    gpu: int


class EngineError(Exception):
    """The workflow engine itself failed; the message says where its log is."""


def job_of(chapter: Chapter, profile: str, seed: int, device: str) -> Job:
    """Return the job that runs `chapter`."""
    need = chapter.needs[profile]
    name = paths.run_name(chapter.slug, seed)
    return Job(name, chapter.slug, profile, seed, device, need.seconds, need.mem_mb, need.gpu)


def succeeded(job: Job) -> bool:
    """Say whether the run has a whole record that is not a failure, whatever its key."""
    try:
        found = record.load(paths.run_dir(job.profile, job.slug, job.seed) / "record.json")
    except record.RecordError:
        return False
    return found is not None and found.status == "ok"


def is_fresh(chapter: Chapter, job: Job) -> bool:
    """Say whether the run's record is whole, succeeded, and has today's key."""
    folder = paths.run_dir(job.profile, job.slug, job.seed)
    try:
        found = record.load(folder / "record.json")
    except record.RecordError:
        return False
    return (
        found is not None
        and found.status == "ok"
        and (folder / "chapter.ipynb").is_file()
        and all((folder / "figures" / f"{f.id}.svg").is_file() for f in found.figures)
        and found.key == key.run_key(chapter, job.profile, job.seed, job.device)
    )


def run(jobs: list[Job], cores: int, console: Console) -> None:
    """Run `jobs` on `cores` cores; return when all have a record, good or failed.

    Raises:
        EngineError: a job left no record, or the engine could not start.
        KeyboardInterrupt: after the engine and its jobs have been stopped.

    """
    root, folder = paths.root(), paths.build() / "jobs"
    for job in jobs:
        (folder / job.profile / f"{job.name}.progress").unlink(missing_ok=True)
    config = folder / "jobs.json"
    atomic.write_text(config, json.dumps({"jobs": [asdict(job) for job in jobs]}))
    log = folder / "snakemake.log"
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(root / "workflow" / "Snakefile"),
        "--directory", str(root), "--configfile", str(config),
        "--workflow-profile", str(root / "workflow" / "profiles" / "local"),
        "--cores", str(cores), "--forcerun", "chapter", "--nocolor",
    ]  # fmt: skip
    _unlock_if_abandoned(command)
    with log.open("w") as out:
        # A group of its own: Ctrl-C reaches us first, and we stop the whole group.
        engine = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        try:
            _show(jobs, engine, console)
        except KeyboardInterrupt:
            _stop(engine)
            raise
    if engine.returncode:
        lost = [j.name for j in jobs if not (folder / j.profile / f"{j.name}.done").exists()]
        raise EngineError(
            f"{', '.join(lost) or 'the engine'} did not finish (Snakemake exit "
            f"{engine.returncode}); see {log} and {folder}/PROFILE/CHAPTER.log"
        )


def _unlock_if_abandoned(command: list[str]) -> None:
    """Remove the engine's lock if no engine of this checkout lives: a hard kill leaves it behind."""
    locks = paths.root() / ".snakemake" / "locks"
    if not locks.is_dir() or not any(locks.iterdir()):
        return
    import psutil

    for process in psutil.process_iter(["cmdline", "pid"]):
        words = process.info["cmdline"] or []
        if "snakemake" in words and str(paths.root()) in words:
            raise EngineError(f"another run is under way here (process {process.info['pid']})")
    subprocess.run([*command, "--unlock"], capture_output=True, check=False)


def _stop(engine: subprocess.Popen) -> None:
    os.killpg(engine.pid, signal.SIGTERM)
    try:
        engine.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(engine.pid, signal.SIGKILL)


def _show(jobs: list[Job], engine: subprocess.Popen, console: Console) -> None:
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
        TextColumn("{task.fields[state]}"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        rows = {j: progress.add_task(j.name, total=None, start=False, state="waits") for j in jobs}
        while rows:
            ended = engine.poll() is not None
            for job, row in list(rows.items()):
                folder = paths.jobs_dir(job.profile)
                if state := _read(folder / f"{job.name}.progress"):
                    if not progress.tasks[row].started:
                        progress.start_task(row)
                    cell, cells = state["cell"], state["cells"]
                    progress.update(
                        row, completed=cell - 1, total=cells, state=f"cell {cell}/{cells}"
                    )
                if ended or (state and (folder / f"{job.name}.done").exists()):
                    found = _outcome(job)
                    progress.update(row, state=found, completed=1, total=1)
                    progress.stop_task(row)
                    if not console.is_terminal:
                        console.print(f"{job.name}: {found}")
                    del rows[job]
            time.sleep(0.2)
    engine.wait()


def _read(path):
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _outcome(job: Job) -> str:
    try:
        found = record.load(paths.run_dir(job.profile, job.slug, job.seed) / "record.json")
    except record.RecordError as error:
        return str(error)
    if found is None:
        return "no record"
    return "done" if found.status == "ok" else f"FAILED: {found.error.splitlines()[0][:80]}"
