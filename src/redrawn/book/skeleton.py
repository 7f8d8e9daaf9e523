"""What `redrawn new` writes: the files of a chapter that its authors fill in."""

from pathlib import Path

from redrawn.book import paths
from redrawn.book.catalogue import Catalogue
from redrawn.book.declaration import Chapter

PAGE = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {title}

{question}

```{{verdicts}}
```

```{{code-cell}} ipython3
:tags: [parameters, remove-cell]

profile = "quick"
seed = 0
device = "auto"
```

```{{code-cell}} ipython3
:tags: [remove-output]

from redrawn.book import open_chapter
from redrawn.studies.{module} import experiment

chapter = open_chapter("{slug}", profile, seed, device)
device = chapter.device
```
{sections}
## This run

```{{code-cell}} ipython3
:tags: [remove-cell]

chapter.close()
```

```{{provenance}}
```
"""

SECTION = """
## {title}

The idea and its equation {{cite}}`{paper}`; what the paper reports, what we measured, what differs.
"""

PACKAGE = '"""The experiments of the chapter *{title}*, one module a paper."""\n'

FIGURES = '"""The chapter\'s figures: each takes what a study returned, and draws."""\n'

EXPERIMENT = '''\
"""A paper's experiments, to be named after its subject: each returns a tidy DataFrame."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Sizes of the experiments."""

    seeds: int


SETTINGS = {{"quick": Settings(seeds=5), "standard": Settings(seeds=5), "paper": Settings(seeds=5)}}
'''

TEST = """\
from redrawn.studies.{module} import experiment


def test_every_profile_has_settings():
    assert set(experiment.SETTINGS) == {{"quick", "standard", "paper"}}
"""


def write(chapter: Chapter, catalogue: Catalogue) -> list[Path]:
    """Write the skeleton of a planned chapter and return its files.

    Raises:
        FileExistsError: one of them is there already; nothing was written then.

    """
    module = chapter.slug.replace("-", "_")
    sections = "".join(
        SECTION.format(title=catalogue.papers[p].title, paper=p) for p in chapter.papers
    )
    words = {
        "title": chapter.title,
        "question": chapter.question.strip(),
        "slug": chapter.slug,
        "module": module,
        "sections": sections,
    }
    root = paths.root()
    studies = root / "src" / "redrawn" / "studies" / module
    texts = {
        chapter.source: PAGE.format(**words),
        studies / "__init__.py": PACKAGE.format(**words),
        studies / "experiment.py": EXPERIMENT.format(**words),
        studies / "figures.py": FIGURES,
        root / "tests" / "unit" / "studies" / f"test_{module}.py": TEST.format(**words),
    }
    if there := [path for path in texts if path.exists()]:
        raise FileExistsError(f"{there[0]} is there already")
    for path, content in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return list(texts)
