"""The guide's table of benchmarks, from what `make bench` measured."""

import json

from redrawn.book import paths


def page() -> str:
    """Return the page *How fast it is*."""
    tables = []
    for file in sorted((paths.root() / "data" / "benchmarks").glob("*.json")):
        found = json.loads(file.read_text(encoding="utf-8"))
        lines = [f"## {found['title']}", "", f"`benchmarks/{file.stem}.py`, on {found['machine']}.", "",
                 "| work | ours, s | peer | theirs, s | ours / theirs | cost grows as | note |",
                 "|---|---|---|---|---|---|---|"]  # fmt: skip
        lines += [
            f"| {r['work']} | {r['ours']:g} | {r['peer']} | {r['theirs']:g} | **{r['ratio']:g}** | {r['growth']} | {r['note']} |"
            for r in found["rows"]
        ]
        tables.append("\n".join(lines))
    measured = "\n\n".join(tables) or "Not measured yet."
    return f"""# How fast it is

Ratios against peers that do the same work, side by side in one run, each the median of rounds in which all take their turn, on
one core unless said otherwise. Below one, ours is the faster. Seconds are of the machine named and only say what size the
work has. `make bench` measures anew and writes this page.

{measured}
"""
