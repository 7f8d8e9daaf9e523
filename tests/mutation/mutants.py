"""How often a broken method is noticed: `make gate` breaks the methods in many small ways and sees what turns red.

Each mutant is one change by an operator of Cosmic Ray (a sign, a constant, an index, a comparison, a loop …) in one module of
`redrawn.methods`. It meets the unit tests of its topic; one that survives them meets the chapters that reach it, at
`quick`: a claim whose verdict differs, a crash, or a drift from the baseline. Every outcome is written at once, so that
a run that was stopped goes on where it was.

    python tests/mutation/mutants.py --count 200
    python tests/mutation/mutants.py --count 40 --fresh 1

Survivors of the first sample are tried again once a test was written for them. A fresh sample, of another seed, is never
tried again: it says what the tests notice that were not written for it.
"""

import argparse
import ast
import contextlib
import difflib
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import numpy  # noqa: F401  imported here, so that each fork has them at once
import parso
import pytest
import scipy.stats  # noqa: F401
import torch  # noqa: F401
from cosmic_ray import plugins
from cosmic_ray.mutating import mutate_code
from rich.progress import track

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = ROOT / "data" / "gate" / "mutants.jsonl"
REDRAWN = Path(sys.executable).with_name("redrawn")
TEST_SECONDS, RUN_SECONDS = 200, 600
# What they make is no slip of a physicist's pen: bit operations on numbers, added names.
LEFT_OUT = ("Shift", "Bit", "Variable", "Is", "_Invert", "RemoveDecorator", "Exception", "_Not")


def candidates(module: Path) -> list[tuple[str, int, int]]:
    """Return every mutation of a module: operator, its occurrence, and the line."""
    text = module.read_text()
    quiet = _quiet_lines(text)
    nodes, found = list(_walk(parso.parse(text))), []
    for name in plugins.operator_names():
        if any(word in name for word in LEFT_OUT):
            continue
        operator = plugins.get_operator(name)()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        found += [(name, i, p[0][0]) for i, p in enumerate(places) if p[0][0] not in quiet]
    return found


def _walk(node):
    yield node
    for child in getattr(node, "children", []):
        yield from _walk(child)


def _quiet_lines(text: str) -> set[int]:
    """Return the lines that do nothing: annotations of arguments, and what only words an error."""
    lines = set()
    for node in ast.walk(ast.parse(text)):
        quiet = []
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.args, *node.args.kwonlyargs]
            quiet = [node.returns, *(a.annotation for a in arguments)]
        elif isinstance(node, ast.AnnAssign) and node.value is None:
            quiet = [node.annotation]
        elif isinstance(node, ast.Raise):
            quiet = [node]
        for part in filter(None, quiet):
            lines |= set(range(part.lineno, part.end_lineno + 1))
    return lines


def sample(count: int, seed: int) -> list[tuple[str, str, int]]:
    """Return `count` mutants (module, operator, occurrence), every module alike, one mutant a line at most.

    Seed 0 takes modules in their order, the others at random.
    """
    draw, pools = random.Random(seed), {}
    for module in sorted((ROOT / "src/redrawn/methods").rglob("*.py")):
        if module.name != "__init__.py":
            found = candidates(module)
            draw.shuffle(found)
            lines = {line: (str(module.relative_to(ROOT)), name, i) for name, i, line in found}
            pools[module] = list(lines.values())
    if seed:
        pools = dict(draw.sample(list(pools.items()), len(pools)))
    chosen = []
    while len(chosen) < count and any(pools.values()):
        for pool in pools.values():
            if pool and len(chosen) < count:
                chosen.append(pool.pop())
    return chosen


def tests_pass(root: Path, module: str) -> bool:
    """Say whether the unit tests of a method and of the studies that reach it pass in `root`; a hang does not.

    The limit is on the processor's time, so that a busy machine makes no test fail.
    """
    tests = [f"tests/unit/methods/{Path(module).parent.name}"]
    for slug in chapters(module):
        found = (root / "tests/unit/studies").glob(f"test_{slug.replace('-', '_')}*.py")
        tests += map(str, sorted(found))

    def work():
        resource.setrlimit(resource.RLIMIT_CPU, (TEST_SECONDS, TEST_SECONDS))
        os.chdir(root)
        sys.path.insert(0, str(root / "src"))
        for name in [name for name in sys.modules if name.partition(".")[0] == "redrawn"]:
            del sys.modules[name]  # the copy's is the one to be tested
        with Path(os.devnull).open("w") as sink, contextlib.redirect_stdout(sink):
            os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    return process.exitcode == 0


@cache
def chapters(module: str) -> list[str]:
    """Return the written chapters that reach a module."""
    from redrawn.book import catalogue, key

    name = module.removeprefix("src/").removesuffix(".py").replace("/", ".")
    return [
        c.slug
        for c in catalogue.load().chapters.values()
        if c.status == "written" and name in key.reached_modules(c.source.read_text())
    ]


def judged(root: Path, slug: str) -> dict[str, tuple[str, str]]:
    """Run a chapter at `quick` in `root`; return each claim's two verdicts."""
    environment = os.environ | {"REDRAWN_ROOT": str(root), "PYTHONPATH": str(root / "src")}
    for words in (["run", slug, "--keep-going"], ["check", slug, "--json"]):
        done = subprocess.run(
            [REDRAWN, *words], cwd=root, env=environment, capture_output=True, text=True,
            timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
    try:
        return {
            c["claim"]: (c["verdict"], c["baseline"]) for c in json.loads(done.stdout)["claims"]
        }
    except ValueError:  # the job left no record
        return {}


def outcome(root: Path, module: str, usual: dict[str, dict]) -> str:
    """Say what notices the mutant that stands in `root`: tests, claims, drift or none."""
    if not tests_pass(root, module):
        return "tests"
    found = "none"
    for slug in chapters(module):
        now = judged(root, slug)
        if {claim: paper for claim, (paper, _) in now.items()} != {
            claim: paper for claim, (paper, _) in usual[slug].items()
        }:
            return "claims"
        if now != usual[slug]:
            found = "drift"
    return found


def main() -> None:
    """Break methods, one at a time, and write what noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument(
        "--fresh", type=int, default=0, metavar="SEED", help="seed of a fresh sample"
    )
    given = parser.parse_args()
    done = (
        [json.loads(line) for line in OUTCOMES.read_text().splitlines()]
        if OUTCOMES.exists()
        else []
    )
    known = {(row["module"], row["operator"], row["occurrence"]) for row in done}
    todo = [mutant for mutant in sample(given.count, given.fresh) if mutant not in known]
    usual = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "checkout")
        ignored = shutil.ignore_patterns(
            ".git", ".venv", "html", "sphinx", "jobs", "lock", "__pycache__"
        )
        shutil.copytree(ROOT, root, symlinks=True, ignore=ignored)
        for module, operator, occurrence in track(todo, "mutants"):
            for slug in chapters(module):
                if slug not in usual:
                    usual[slug] = judged(root, slug)
                    if not usual[slug]:
                        sys.exit(f"{slug} fails before anything is broken")
                    if not tests_pass(root, module):
                        sys.exit(f"{module}: its tests fail before anything is broken")
            place = root / module
            text = place.read_text()
            mutant = mutate_code(text, plugins.get_operator(operator)(), occurrence)
            place.write_text(mutant)
            try:
                by = outcome(root, module, usual)
            finally:
                place.write_text(text)
            lines = difflib.unified_diff(text.splitlines(), mutant.splitlines(), lineterm="", n=0)
            change = [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]
            row = {"module": module, "operator": operator, "occurrence": occurrence,
                   "change": change, "caught_by": by} | ({"fresh": given.fresh} if given.fresh else {})  # fmt: skip
            with OUTCOMES.open("a") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            done.append(row)
    print(Counter(row["caught_by"] for row in done))


if __name__ == "__main__":
    main()
