"""What was accepted before: every version of every baseline, from git."""

from dataclasses import dataclass

from redrawn.book import git, record
from redrawn.book.declaration import Claim
from redrawn.book.expectation import Interval, MeasurementError
from redrawn.book.record import Record

BASELINES = "data/baselines"


@dataclass(frozen=True)
class Version:
    """One accepted baseline: the day and the commit that accepted it, and its record."""

    day: str
    commit: str
    record: Record


def versions() -> dict[tuple[str, str], list[Version]]:
    """Return every accepted baseline by (profile, slug), oldest first.

    Empty outside of a git checkout. A version of an older schema, or a damaged one, is left out: it
    was a result once, but nothing here can read it.
    """
    log = git.output(
        "log",
        "--reverse",
        "--diff-filter=AM",
        "--format=%x00%H %cs",
        "--name-only",
        "--",
        BASELINES,
    )
    named = []
    for commit in log.decode().split("\0")[1:]:
        head, *files = commit.split()
        day, *files = files
        named += [(head, day, file) for file in files if file.endswith(".json")]
    blobs = git.output(
        "cat-file", "--batch", stdin="".join(f"{c}:{f}\n" for c, _, f in named).encode()
    )
    found: dict[tuple[str, str], list[Version]] = {}
    for commit, day, file in named:
        header, _, blobs = blobs.partition(b"\n")
        size = int(header.split()[-1])
        text, blobs = blobs[:size].decode(), blobs[size + 1 :]
        try:
            accepted = record.parse(text, file)
        except record.RecordError:
            continue
        profile, slug = file.removesuffix(".json").split("/")[-2:]
        found.setdefault((profile, slug), []).append(Version(day, commit, accepted))
    return found


def of_claim(claim: Claim, accepted: list[Version]) -> list[tuple[Version, dict[str, Interval]]]:
    """Return a claim's value in each version that has one of the form that it has today."""
    values = []
    for version in accepted:
        try:
            summary = claim.expect.summary(version.record.measured[claim.id])
        except (KeyError, MeasurementError):
            continue
        values.append((version, summary))
    return values
