"""How far the gate can be trusted: false alarms of fresh seeds, and broken methods that nothing notices."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import yaml

from redrawn.book import atomic, paths, status, verdicts
from redrawn.book.declaration import Chapter
from redrawn.book.record import RecordError, digest

CATCHERS = ("tests", "claims", "drift", "none")


def folder() -> Path:
    """Return where what was measured of the gate is kept."""
    return paths.root() / "data" / "gate"


def count_alarms(chapters: list[Chapter], profile: str, seeds: range) -> Path:
    """Judge the run of each seed against the baseline, and keep the counts; return their file.

    Raises:
        RecordError: a run is missing or failed, or a chapter has no baseline.

    """
    place = folder() / "alarms.json"
    counted = json.loads(place.read_text()) if place.exists() else {}
    for chapter in chapters:
        baseline = status.accepted(chapter.slug, profile)
        if baseline is None:
            raise RecordError(f"{chapter.slug} has no baseline at {profile}")
        judged = verdicts.judge(chapter, profile, baseline, baseline)
        usual = {v.claim.id: v.paper for v in judged}
        claims: dict[str, Counter] = defaultdict(Counter)
        for seed in seeds:
            state = status.of_chapter(chapter, profile, seed)
            if state.run is None or state.run.status == "failed":
                raise RecordError(f"{chapter.slug} has no good run at {profile} for seed {seed}")
            for v in state.judged:
                if v.claim in chapter.decided_in(profile):
                    claims[v.claim.id]["runs"] += 1
                    claims[v.claim.id]["alarms"] += v.baseline != "unchanged"
                    claims[v.claim.id]["other_verdict"] += v.paper != usual[v.claim.id]
        counted[f"{profile}/{chapter.slug}"] = {
            "baseline": digest(baseline.measured),
            "claims": claims,
        }
    atomic.write_text(place, json.dumps(counted, indent=1, sort_keys=True) + "\n")
    return place


def page() -> str:
    """Return the page *How far to trust this book*."""
    return f"""# How far to trust this book

The book turns red when a result drifts from its accepted baseline. Two things decide what that is worth: how often it turns
red although nothing changed, and how often it stays as it is although a method was broken. Both are measured, by
`make gate`, which also writes this page.

## False alarms

Every chapter is run with fresh seeds, its methods unchanged, and each claim is judged against the baseline. The promise is at
most one alarm in a hundred. The last column counts verdicts against the paper that differ from the accepted run's.

{_alarms()}

## Broken methods

Methods are broken one change at a time, by the operators of [Cosmic Ray](https://cosmic-ray.readthedocs.io): a sign, a
constant, an index, a comparison, a loop that does not run. Each module of `redrawn.methods` has its share of
the sample. A mutant meets the unit tests first; one that passes them meets the chapters that reach it, at `quick`:
*claims* means that a verdict against the paper changed or that the run broke, *drift* that only the baseline noticed.
A mutant that nothing noticed is tried again once a test was written for it: the share is that of the tests of today.

{_mutants()}
"""


def _alarms() -> str:
    place = folder() / "alarms.json"
    if not place.exists():
        return "Not measured yet."
    from scipy import stats

    lines = ["| chapter | claims | fresh seeds | alarms | alarms in 100 (95 % interval) | other verdicts |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    total = Counter()
    counted = json.loads(place.read_text())
    found = {name: chapter["claims"] for name, chapter in counted.items()}
    for name, claims in [*found.items(), ("all", None)]:
        summed = total if claims is None else Counter()
        for counts in (claims or {}).values():
            summed.update(counts)
        total.update(summed if claims else {})
        interval = stats.binomtest(summed["alarms"], summed["runs"]).proportion_ci()
        of = 100 * summed["alarms"] / summed["runs"]
        number = sum(map(len, found.values())) if claims is None else len(claims)
        lines.append(
            f"| {name} | {number} | {summed['runs'] // number} | {summed['alarms']} "
            f"| {of:.2f} ({100 * interval.low:.2f} to {100 * interval.high:.2f}) | {summed['other_verdict']} |"
        )
    loud = [f"`{name.partition('/')[2]}/{claim}` ({c['alarms']} of {c['runs']})"
            for name, claims in found.items() for claim, c in claims.items()
            if c["alarms"] > 1]  # fmt: skip
    told = (
        f"More than one alarm: {', '.join(loud)}."
        if loud
        else "No claim raised more than one alarm."
    )
    if earlier := [name for name, chapter in counted.items() if not _is_of_today(name, chapter)]:
        told += f" Counted against an earlier baseline than today's: {', '.join(earlier)}."
    return "\n".join(lines) + "\n\n" + told


def _is_of_today(name: str, counted: dict) -> bool:
    profile, _, slug = name.partition("/")
    baseline = status.accepted(slug, profile)
    return baseline is not None and digest(baseline.measured) == counted["baseline"]


def _mutants() -> str:
    place = folder() / "mutants.jsonl"
    if not place.exists():
        return "Not measured yet."
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    argued = yaml.safe_load((folder() / "equivalent.yml").read_text(encoding="utf-8")) or {}
    for row in rows:
        row["name"] = f"{row['module']}:{row['operator']}:{row['occurrence']}"
        row["topic"] = Path(row["module"]).parent.name
    fresh = [row for row in rows if "fresh" in row]
    rows = [row for row in rows if "fresh" not in row]
    alive = [row for row in rows if row["caught_by"] == "none"]
    real = [row for row in rows if row not in alive or row["name"] not in argued]
    caught = sum(row["caught_by"] != "none" for row in real)
    modules = (paths.root() / "src" / "redrawn" / "methods").rglob("[!_]*.py")
    lines = [
        f"{len({row['module'] for row in rows})} of {len(list(modules))} modules have been broken so far. "
        f"Of {len(rows)} mutants {len(rows) - len(real)} are equivalent, as argued below; of the others "
        f"**{caught} of {len(real)} ({100 * caught / len(real):.1f} %)** are caught.", "",
        *_fresh(fresh, argued),
        "| topic | mutants | by tests | by claims | by drift | by none |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for topic in [*sorted({row["topic"] for row in rows}), "all"]:
        own = [row for row in rows if topic in ("all", row["topic"])]
        counts = Counter(row["caught_by"] for row in own)
        lines.append(
            f"| {topic} | {len(own)} | " + " | ".join(str(counts[c]) for c in CATCHERS) + " |"
        )
    alive += [row for row in fresh if row["caught_by"] == "none"]
    if alive:
        lines += ["", "| what nothing noticed | the change | why |", "|---|---|---|"]
    for row in alive:
        before, after = (
            next((line[1:].strip() for line in row["change"] if line[0] == sign), "").replace(
                "|", "\\|"
            )
            for sign in "-+"
        )
        why = argued.get(row["name"], "not equivalent: a gap")
        lines.append(
            f"| `{row['module'].removeprefix('src/redrawn/methods/')}` | `{before}` → `{after}` | {why} |"
        )
    return "\n".join(lines)


def _fresh(rows: list[dict], argued: dict[str, str]) -> list[str]:
    """Say what was noticed of mutants that no test was written for."""
    from scipy import stats

    real = [row for row in rows if row["caught_by"] != "none" or row["name"] not in argued]
    if not real:
        return []
    caught = Counter(row["caught_by"] for row in real)
    share = stats.binomtest(len(real) - caught["none"], len(real)).proportion_ci()
    by = ", ".join(f"{caught[name]} by {name}" for name in CATCHERS[:-1])
    return [
        f"Another sample, of modules at random, was drawn after those tests were written, and nothing was written for it: of "
        f"{len(rows)} mutants {len(rows) - len(real)} are equivalent, and of the others **{len(real) - caught['none']} of "
        f"{len(real)}** are caught ({by}), which says {100 * share[0]:.0f} to {100 * share[1]:.0f} % with 95 % confidence.", "",
    ]  # fmt: skip
