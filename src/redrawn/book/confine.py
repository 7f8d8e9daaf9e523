"""Keep a job within its bounds: no more memory than its limit, and no longer than the run that began it."""

import os
import resource
import signal
import threading
import time

import psutil

MEMORY_FACTOR = 2
"""A job may take this many times the memory that its chapter declares."""


def memory(declared_mb: int) -> None:
    """Let this process, and the kernel that it starts, ask for twice `declared_mb` and no more."""
    limit = MEMORY_FACTOR * declared_mb * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def lifetime(runner: int) -> None:
    """Stop this process by SIGTERM when the process `runner` is gone, whatever ended it."""
    process = psutil.Process(runner)

    def watch() -> None:
        # a zombie has ended, and only waits for its parent to notice
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
