"""What benchmarks share: interleaved medians, and rows for the guide's table."""

import json
import os
import platform
import resource
import statistics
import subprocess
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from redrawn.book import atomic, paths


def medians(
    work: dict[str, Callable], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Return the median seconds of each call; all take their turn in each round, after one call to warm up."""
    for call in work.values():
        call()
    times = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            start = clock()
            call()
            times[name].append(clock() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def command_seconds(command: list, **environment: str) -> tuple[float, float]:
    """Return CPU and wall seconds of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    wall = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def row(work: str, ours: float, peer: str, theirs: float, growth: str = "", note: str = "") -> dict:
    """Return one row: seconds of ours and of a peer on the same work, how cost grows, and a bound or a reason."""
    return {"work": work, "ours": float(f"{ours:.3g}"), "peer": peer, "theirs": float(f"{theirs:.3g}"),
            "ratio": float(f"{ours / theirs:.3g}"), "growth": growth, "note": note}  # fmt: skip


def _machine() -> str:
    """Name the machine and two speeds of one core, without which the seconds of two machines do not compare."""
    square = torch.randn(1024, 1024)
    product = min(timeit.repeat(lambda: square @ square, number=5, repeat=5)) / 5
    loop = min(timeit.repeat("for _ in numbers: pass", "numbers = range(10**6)", number=1))
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores of {2 * 1024**3 / product / 1e9:.0f} GFLOP/s "
        f"in matrix products and {loop * 1000:.0f} ms for a million empty turns of a Python loop"
    )


def write(script: str, title: str, rows: list[dict]) -> None:
    """Print the rows and keep them for the guide, under the name of the script."""
    name = Path(script).stem
    table = Table(*rows[0], title=title)
    for found in rows:
        table.add_row(*map(str, found.values()))
    Console().print(table)
    text = json.dumps(
        {"title": title, "machine": _machine(), "rows": rows}, indent=1, ensure_ascii=False
    )
    atomic.write_text(paths.root() / "data" / "benchmarks" / f"{name}.json", text + "\n")
