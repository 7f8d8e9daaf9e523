"""Many runs of one chapter, each from a seed of its own, as one record."""

import hashlib

import numpy as np

from redrawn.book import paths, record
from redrawn.book.record import Record, RecordError


def merge(slug: str, profile: str, seeds: range) -> Record:
    """Return the runs' values in one record, and keep it beside the runs; figures stay with the runs.

    Raises:
        RecordError: a run is missing or failed; the message names the command that makes it.

    """
    runs = [record.load(paths.run_dir(profile, slug, seed) / "record.json") for seed in seeds]
    if lacking := [
        n for n, r in zip(seeds, runs, strict=True) if r is None or r.status == "failed"
    ]:
        raise RecordError(
            f"{slug} has no good run at {profile} for seed {', '.join(map(str, lacking))}; "
            f"`redrawn run {slug} --profile {profile} --seeds {seeds.start}:{seeds.stop}`"
        )
    if differing := [r.seed for r in runs if r.measured.keys() != runs[0].measured.keys()]:
        raise RecordError(
            f"{slug} at {profile}: seed {differing[0]} measured other claims than seed {seeds.start}; "
            "run them again"
        )
    merged = runs[0].model_copy(
        update={
            "seeds": list(seeds),
            "key": hashlib.sha256("".join(run.key for run in runs).encode()).hexdigest(),
            "measured": {
                claim: _joined([run.measured[claim] for run in runs]) for claim in runs[0].measured
            },
            "numbers": {},
            "figures": [],
        }
    )
    merged.save(path(slug, profile, seeds))
    return merged


def path(slug: str, profile: str, seeds: range):
    """Return where the merged record of these seeds lies."""
    return paths.run_dir(profile, f"{slug}@{seeds.start}-{seeds.stop - 1}") / "record.json"


def _joined(values: list):
    """Return one measurement that holds those of every run, as `redrawn.book.expectation` reads them."""
    first = values[0]
    if all(value == first for value in values):
        return first  # exact, or without chance in it: as many copies would feign a spread of zero
    if isinstance(first, dict) and set(first) == {"x", "y"}:
        return {
            "x": first["x"],
            "y": np.concatenate([np.atleast_2d(v["y"]) for v in values]).tolist(),
        }
    if isinstance(first, dict):
        return {name: _joined_numbers([v[name] for v in values]) for name in first}
    return _joined_numbers(values)


def _joined_numbers(values: list) -> list[float]:
    return np.concatenate([np.atleast_1d(value) for value in values]).tolist()
