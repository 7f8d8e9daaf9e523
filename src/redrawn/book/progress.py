"""Show how the jobs of a run go, while the engine works on them."""

import json
import subprocess
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from redrawn.book import paths, record
from redrawn.book.job import Job


def show(jobs: list[Job], engine: subprocess.Popen, console: Console) -> None:
    """Show a line a job, until each is done or the engine has ended."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
        TextColumn("{task.fields[state]}"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        rows = {j: progress.add_task(j.name, total=None, start=False, state="waits") for j in jobs}
        while rows:
            ended = engine.poll() is not None
            for job, row in list(rows.items()):
                if state := _read(job.marker("progress")):
                    if not progress.tasks[row].started:
                        progress.start_task(row)
                    cell, cells = state["cell"], state["cells"]
                    progress.update(
                        row, completed=cell - 1, total=cells, state=f"cell {cell}/{cells}"
                    )
                if ended or (state and job.marker("done").exists()):
                    found = _outcome(job)
                    progress.update(row, state=found[:80], completed=1, total=1)
                    progress.stop_task(row)
                    if not console.is_terminal:
                        console.print(f"{job.name}: {found}", soft_wrap=True, markup=False)
                    del rows[job]
            time.sleep(0.2)
    engine.wait()


def _read(path):
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _outcome(job: Job) -> str:
    if not job.marker("done").exists():
        return "LOST: it left no result"
    found = record.load(paths.run_dir(job.profile, job.slug, job.seed) / "record.json")
    return "done" if found.status == "ok" else f"FAILED: {found.error.splitlines()[0]}"
