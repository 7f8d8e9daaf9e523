"""Break a run in every way we could think of: a clear message, nothing lost, and the next run mends it.

The outcomes are the table of `book/guide/faults.md`; `make faults WRITE=1` writes it, every other run holds it to be true.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import psutil
import pytest

from commands import REDRAWN, ended, redrawn, start, until

PAGE = Path(__file__).parents[2] / "book" / "guide" / "faults.md"
SLEEP = "time.sleep(60)"


@pytest.fixture(scope="module")
def finished(broken_checkout):
    """A checkout of two chapters that have both been run and accepted."""
    assert redrawn("run", "--device", "cpu")[0] == 0
    assert redrawn("accept", "--yes")[0] == 0
    return broken_checkout


@pytest.fixture
def place(finished, tmp_path, monkeypatch):
    """A copy of the finished checkout, whose chapter `victim` is to be run again."""
    root = tmp_path / "book"
    shutil.copytree(finished, root, symlinks=True)
    shutil.rmtree(root / "_build" / "runs" / "quick" / "victim")
    monkeypatch.setenv("REDRAWN_ROOT", str(root))
    monkeypatch.chdir(root)
    return root


def family(root: Path, word: str = "") -> list[psutil.Process]:
    """Return the live processes that work in the checkout, and have `word` in their command."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            inside = process.cwd() == str(root) and process.pid != os.getpid()
            if inside and word in " ".join(process.cmdline()):
                found.append(process)
    return found


def begin(root: Path) -> subprocess.Popen:
    """Start a run whose victim sleeps, and return once it does."""
    (root / "victim.fault").write_text(f'Path("asleep").touch(); {SLEEP}')
    runner = start("run", "--device", "cpu")
    until((root / "asleep").exists, 40)
    return runner


def kill_the_runner(root):
    runner = begin(root)
    runner.kill()
    return ended(runner)


def kill(root, word: str):
    """Kill what has `word` in its command; a shell that only waits for it stands before it."""
    runner = begin(root)
    family(root, word)[-1].kill()
    return ended(runner)


def interrupt(root):
    runner = begin(root)
    runner.send_signal(signal.SIGINT)
    return ended(runner)


def second_run(root):
    runner = begin(root)
    found = redrawn("run", "--device", "cpu")
    runner.send_signal(signal.SIGINT)
    ended(runner)
    return found


def fill_the_disk(root):
    alone = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this machine gives no file system of one's own to fill")
    # a namespace of its own: the small disk is gone with the command, whatever becomes of it
    script = (
        "cp -r _build /tmp/full.$$ && mount -t tmpfs -o size=$(($(du -sk _build | cut -f1) + 40))k tmpfs _build"
        f" && mv /tmp/full.$$/* _build && {REDRAWN} run --device cpu"
    )
    done = subprocess.run(
        [*alone, "sh", "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def run_with(root, fault: str):
    (root / "victim.fault").write_text(fault)
    return redrawn("run", "--device", "cpu")


def hang(root):
    return run_with(root, SLEEP)


def eat_memory(root):
    return run_with(root, "np.ones(2**29)")


def write_nan(root):
    return run_with(root, "draws = draws * np.nan")


def spoil_the_dataset(root):
    (root / "data" / "numbers.csv").write_text("1,2,4\n")
    return redrawn("run", "--device", "cpu")


def spoil_the_record(root):
    record = root / "_build" / "runs" / "quick" / "tiny" / "record.json"
    record.write_text(record.read_text()[:200])
    assert redrawn("run", "victim", "--device", "cpu")[0] == 0
    return redrawn("check", "tiny")


def spoil_the_baseline(root):
    baseline = root / "data" / "baselines" / "quick" / "tiny.json"
    baseline.write_text(baseline.read_text().replace("2", "3", 1))
    return redrawn("check", "tiny")


def spoil_the_caches(root):
    for folder in ("_build/grimp", ".snakemake"):
        files = [path for path in (root / folder).rglob("*") if path.is_file()]
        assert files, f"nothing to spoil in {folder}"
        for path in files:
            path.write_bytes(b"\0garbage")
    return redrawn("run", "--device", "cpu")


FAULTS = {
    "`kill -9` of `redrawn run`": kill_the_runner,
    "`kill -9` of Snakemake": partial(kill, word="-m snakemake"),
    "`kill -9` of a job": partial(kill, word="-m redrawn.book.execute"),
    "`kill -9` of a kernel": partial(kill, word="ipykernel_launcher"),
    "Ctrl-C": interrupt,
    "a second run in the same checkout": second_run,
    "a full disk": fill_the_disk,
    "a chapter that hangs": hang,
    "a chapter that eats memory": eat_memory,
    "a chapter that measures NaN": write_nan,
    "a dataset that was changed": spoil_the_dataset,
    "a record that was cut off": spoil_the_record,
    "a baseline that was edited": spoil_the_baseline,
    "caches full of garbage": spoil_the_caches,
}


def mend(root: Path, finished: Path) -> None:
    """Take the cause away, as its message asks."""
    (root / "victim.fault").unlink(missing_ok=True)
    shutil.copytree(finished / "data", root / "data", dirs_exist_ok=True)


def sayings(said: str, root: Path) -> str:
    """Return what was said of the fault, without what differs from machine to machine."""
    lines = [re.sub(r"\s+", " ", line) for line in said.splitlines()]
    lines = [line.strip() for line in lines if line.startswith(("victim: ", "redrawn: "))]
    text = "<br>".join(line.removeprefix("redrawn: ") for line in lines)
    text = text.replace(f"{root}/", "")
    return re.sub(r"process \d+", "process 1234", re.sub(r"\d+ MB are free", "3 MB are free", text))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_loses_nothing_and_the_next_run_mends_it(fault, place, finished):
    code, said = FAULTS[fault](place)
    assert "Traceback" not in said
    until(lambda: not family(place), 20)  # no kernel, job or engine outlives the run

    mend(place, finished)
    todo = 0 if code == 0 else 1
    next_code, next_said = redrawn("run", "--device", "cpu")
    assert next_code == 0 and f"{2 - todo} of 2 up to date at quick, {todo} to run" in next_said
    assert redrawn("check")[0] == 0
    runs = place / "_build" / "runs" / "quick"
    assert sorted(path.name for path in runs.iterdir()) == ["tiny", "victim"], "nothing half-made"

    told = sayings(said, place) or "(nothing: it was killed)"
    ROWS[fault] = f"| {fault} | {told} | {code} | {todo or 'nothing'} |"


ROWS: dict[str, str] = {}


def test_the_guide_shows_these_outcomes():
    text = PAGE.read_text(encoding="utf-8")
    before = {f: line for f in FAULTS for line in text.splitlines() if line.startswith(f"| {f} |")}
    assert set(FAULTS) - set(ROWS) <= {"a full disk"}, "needs every fault: run the whole file"
    head, _, _ = text.partition("| fault |")
    table = "| fault | what is said | exit | chapters left to run |\n|---|---|---|---|\n"
    new = head + table + "\n".join((before | ROWS)[fault] for fault in FAULTS) + "\n"
    if os.environ.get("REDRAWN_WRITE"):
        PAGE.write_text(new, encoding="utf-8")
    assert text == new, "not current: `make faults WRITE=1` writes it"
