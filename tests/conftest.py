"""A checkout in miniature: two papers, one written chapter, one planned."""

import hashlib
import shutil
import textwrap
from pathlib import Path

import pytest
from hypothesis import settings

from redrawn.book import catalogue, execute, paths

# how long an example takes says how busy the machine is
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

BIB = """\
@misc{first-paper, title = {First {P}aper}, author = {Roe, Richard}, year = {2019}, note = {not yet confirmed}}
@misc{second-paper, title = {Second \\& last}, author = {Doe, Jane}, year = {2020}, note = {confirmed}}
@misc{third-paper, title = {Third}, note = {title only; not yet looked up}}
"""

CHAPTER = """\
slug: tiny
title: A tiny chapter
part: Small Things
status: written
question: Does it run?
headline: first-paper
papers:
  - first-paper
  - second-paper
figures:
  - id: line
    paper: first-paper
claims:
  - id: mean-is-two
    paper: first-paper
    statement: The mean is two.
    place: Theorem 1
    setting: paper
    expect: {kind: value, value: 2.0, tolerance: 0.5, if_false: 0.0}
  - id: a-beats-b
    paper: second-paper
    statement: a is larger than b.
    place: Fig. 2
    setting: reduced
    stands_in: five numbers for a study
    profiles: [quick]
    expect: {kind: ordering, order: [a, b]}
"""

PLANNED = """\
slug: later
title: A later chapter
part: Small Things
status: planned
question: When?
headline: third-paper
papers:
  - third-paper
"""

PAGE = """\
---
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# A tiny chapter

```{verdicts}
```

```{code-cell} ipython3
:tags: [parameters, remove-cell]

profile = "quick"
seed = 0
device = "auto"
```

```{code-cell} ipython3
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from redrawn.book import open_chapter

chapter = open_chapter("tiny", profile, seed, device)
draws = np.random.default_rng(seed).normal(2, 0.1, 5)
figure, axes = plt.subplots()
axes.plot(draws)
chapter.measure("mean-is-two", draws)
if profile == "quick":
    chapter.measure("a-beats-b", {"a": draws + 1, "b": draws})
chapter.figure("line", figure, data=pd.DataFrame({"y": draws}), caption="A line.",
    alt="A line that wanders about the height of two.")
chapter.number("first", draws[0])
chapter.close()
```

The mean is {measured}`mean-is-two`, so it {verdict}`mean-is-two`; the first is {number}`first`.

```{redrawn-figure} line
```

```{provenance}
```
"""


VICTIM = """\
slug: {slug}
title: A chapter to be broken
part: Small Things
status: written
question: What if?
headline: paper-of-{slug}
needs:
  quick: {{seconds: {seconds}, mem_mb: 500}}
datasets: [numbers]
papers:
  - paper-of-{slug}
figures:
  - id: line
    paper: paper-of-{slug}
claims:
  - id: mean-is-two
    paper: paper-of-{slug}
    statement: The mean is two.
    place: Theorem 1
    setting: paper
    expect: {{kind: value, value: 2.0, tolerance: 0.5, if_false: 0.0}}
"""

NUMBERS = f"""\
numbers:
  title: Three numbers
  path: numbers.csv
  sha256: {hashlib.sha256(b"1,2,3" + bytes([10])).hexdigest()}
  bytes: 6
  licence: CC0 1.0
  source: this test
  citation: this test
"""

# The fault comes from a file, so that the chapter is the same with and without it.
FAULT = """\
fault = Path("{slug}.fault")
if fault.exists():
    exec(fault.read_text())
chapter.measure("""


def add_victim(root: Path, slug: str, seconds: int) -> None:
    """Add a written chapter, of so many declared seconds, that runs the code of `<slug>.fault`, if there is one."""
    part = root / "book" / "small-things"
    (root / "data" / "numbers.csv").write_text("1,2,3\n")
    (root / "data" / "datasets.yml").write_text(NUMBERS)
    with (root / "book" / "references.bib").open("a") as bib:
        bib.write(
            f"@misc{{paper-of-{slug}, title = {{On {slug}}}, author = {{Roe, Jo}}, year = {{2021}}}}\n"
        )
    (part / f"{slug}.yml").write_text(VICTIM.format(slug=slug, seconds=seconds))
    page = PAGE.replace('open_chapter("tiny"', f'open_chapter("{slug}"')
    page = page.replace(
        "import numpy as np", "import time\nfrom pathlib import Path\n\nimport numpy as np"
    )
    page = page.replace("chapter.measure(", FAULT.format(slug=slug), 1)
    before, _, rest = page.partition('if profile == "quick":')
    page = before + rest.partition("\n")[2].partition("\n")[2]  # without the second claim
    (part / f"{slug}.md").write_text(page)


def make(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """Write the miniature to `root` and point the package at it."""
    source = Path(__file__).resolve().parents[1]
    part = root / "book" / "small-things"
    part.mkdir(parents=True)
    (root / "book" / "references.bib").write_text(BIB)
    (part / "tiny.yml").write_text(CHAPTER)
    (part / "later.yml").write_text(PLANNED)
    (part / "tiny.md").write_text(textwrap.dedent(PAGE))
    (root / "book" / "index.md").write_text("# Tiny\n\n```{counts}\n```\n\n```{gallery}\n```\n")
    (root / "book" / "status.md").write_text("# Status\n\n```{board}\n```\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\nparts: []\n")
    (root / "_config.yml").write_text("title: Tiny\n")
    (root / "requirements.lock").write_text("torch==2.13.0\n")
    (root / "data").mkdir()
    (root / "data" / "datasets.yml").write_text("{}\n")
    (root / "workflow").symlink_to(source / "workflow")
    patch.setenv("REDRAWN_ROOT", str(root))
    patch.chdir(root)
    return root


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch) -> Path:
    """Make the miniature for one test."""
    return make(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    """Run the miniature's chapter once for all tests that only need it to have been run; return the folder of runs."""
    with pytest.MonkeyPatch.context() as patch:
        make(tmp_path_factory.mktemp("ran"), patch)
        assert execute.execute(catalogue.find_chapter("tiny"), "quick", 0, "cpu").status == "ok"
        return paths.build() / "runs"


@pytest.fixture
def ran(checkout: Path, runs: Path) -> Path:
    """Make the miniature for one test, its chapter already run."""
    shutil.copytree(runs, paths.build() / "runs")
    return checkout


@pytest.fixture(scope="module")
def shared_checkout(tmp_path_factory):
    """Make the miniature once for all tests of a module that only read it."""
    with pytest.MonkeyPatch.context() as patch:
        yield make(tmp_path_factory.mktemp("book"), patch)


@pytest.fixture(scope="module")
def broken_checkout(shared_checkout) -> Path:
    """Make the miniature with a second chapter, `victim`, that can be broken."""
    add_victim(shared_checkout, "victim", seconds=3)
    return shared_checkout


@pytest.fixture(scope="module")
def three_chapters(shared_checkout) -> Path:
    """Make the miniature with two more chapters, `failing` and `killed`, that can be broken."""
    for slug in ("failing", "killed"):
        add_victim(shared_checkout, slug, seconds=60)
    return shared_checkout
