"""Jobs through a SLURM that really runs: results as on this machine, failures and kills told.

`make cluster` runs this. It needs a SLURM that answers; `.ci/slurm start` starts one on a machine to throw away.
"""

import json
import os
import signal
import subprocess

import pytest

from commands import redrawn, start, until
from redrawn.book import paths, record

EXECUTOR = os.environ.get("REDRAWN_EXECUTOR", "slurm")
SLEEP = 'Path("asleep").touch(); time.sleep(300)'


@pytest.fixture(scope="module", autouse=True)
def slurm():
    """Refuse to pass without a SLURM."""
    if subprocess.run(["sinfo"], capture_output=True, check=False).returncode:
        pytest.fail(
            "no SLURM answers here; `.ci/slurm start` starts one on a machine to throw away"
        )


def begin(*words) -> subprocess.Popen:
    return start("run", "--device", "cpu", *words)


def run(*words) -> tuple[int, str]:
    return redrawn("run", "--device", "cpu", *words, seconds=300)


def measured(slug: str, seed: int = 0) -> dict:
    return record.load(paths.run_dir("quick", slug, seed) / "record.json").measured


def queue() -> list[str]:
    """Return the ids of the jobs that wait or run."""
    shown = subprocess.run(
        ["squeue", "--noheader", "--format=%i", "--states=PD,R,CG"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return shown.stdout.split()


def test_one_job_fails_and_one_is_killed_and_the_others_equal_the_local_run(three_chapters):
    root = three_chapters
    assert run()[0] == 0
    local = {slug: measured(slug) for slug in ("tiny", "failing", "killed")}

    (root / "failing.fault").write_text("1 / 0")
    (root / "killed.fault").write_text(SLEEP)
    before = set(queue())
    runner = begin("--force", "--executor", EXECUTOR)
    until((root / "asleep").exists, 120)
    until(
        lambda: record.load(paths.run_dir("quick", "failing") / "record.json").status == "failed",
        120,
    )
    # the job that is left is the one that sleeps
    (job,) = until(
        lambda: (set(queue()) - before) if len(set(queue()) - before) == 1 else None, 120
    )
    subprocess.run(["scancel", "--signal=KILL", "--full", job], check=True)
    said, _ = runner.communicate(timeout=200)
    assert runner.returncode == 1
    assert "failing: FAILED: ZeroDivisionError" in said
    assert "killed: LOST" in said and "killed did not finish" in said
    assert measured("tiny") == local["tiny"]
    assert measured("killed") == local["killed"], "a killed run leaves the previous result"

    for slug in ("failing", "killed"):
        (root / f"{slug}.fault").unlink()
    code, said = run("--force", "--executor", EXECUTOR)
    assert code == 0, said
    assert {slug: measured(slug) for slug in local} == local


def test_seeds_fan_out_and_are_joined(three_chapters):
    code, said = run("tiny", "--seeds", "3:6", "--executor", EXECUTOR)
    assert code == 0 and "3 to run" in said
    joined = json.loads((paths.run_dir("quick", "tiny@3-5") / "record.json").read_text())
    assert joined["seeds"] == [3, 4, 5]
    each = [value for seed in (3, 4, 5) for value in measured("tiny", seed)["mean-is-two"]]
    assert joined["measured"]["mean-is-two"] == each and len(set(each)) == 15


def test_ctrl_c_takes_the_jobs_from_the_queue(three_chapters):
    before = set(queue())
    (three_chapters / "asleep").unlink(missing_ok=True)
    (three_chapters / "killed.fault").write_text(SLEEP)
    runner = begin("killed", "--force", "--executor", EXECUTOR)
    until((three_chapters / "asleep").exists, 120)
    runner.send_signal(signal.SIGINT)
    said, _ = runner.communicate(timeout=60)
    assert runner.returncode == 130 and "stopped" in said
    until(lambda: not set(queue()) - before, 60)
    (three_chapters / "killed.fault").unlink()


def test_the_profile_asks_for_what_a_chapter_declares(three_chapters):
    (three_chapters / "asleep").unlink(missing_ok=True)
    (three_chapters / "killed.fault").write_text(SLEEP)
    before = set(queue())
    runner = begin("killed", "--force", "--executor", EXECUTOR)
    until((three_chapters / "asleep").exists, 120)
    (job,) = set(queue()) - before
    shown = subprocess.run(
        ["squeue", "--noheader", "--jobs", job, "--Format=MinMemory,TimeLimit,NumCPUs"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    runner.send_signal(signal.SIGINT)
    runner.communicate(timeout=60)
    assert shown.stdout.split() == ["500M", "5:00", "1"]
