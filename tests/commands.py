"""The command line as its user starts it: in a process of its own, that can be stopped and killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REDRAWN = Path(sys.executable).with_name("redrawn")


def start(*words) -> subprocess.Popen:
    """Start `redrawn` with these words; what it says is in the process's `stdout`."""
    return subprocess.Popen(
        [REDRAWN, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # a shell lets what it starts in the background ignore Ctrl-C, and that is inherited
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def ended(process: subprocess.Popen, seconds: float = 120) -> tuple[int, str]:
    """Wait for a process; return its exit code and what it said."""
    said, _ = process.communicate(timeout=seconds)
    return process.returncode, said


def redrawn(*words, seconds: float = 120) -> tuple[int, str]:
    """Run `redrawn`; return its exit code and what it said."""
    return ended(start(*words), seconds)


def until(condition, seconds: float):
    """Return what `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} s: {condition}")
