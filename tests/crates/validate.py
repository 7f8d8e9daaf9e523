"""Validate the research object of every chapter in a built book against RO-Crate 1.3: `make crates`.

It runs in an environment of its own: the validator wants an older rich than the linter of imports does. It stays
offline: the context that the crates name is the one that the rocrate library carries.

    python tests/crates/validate.py CONTEXT CRATE...
"""

import functools
import io
import multiprocessing
import sys
import tempfile
from pathlib import Path

import requests
from requests_cache import CachedSession
from rich.progress import track
from rocrate_validator.models import Severity
from rocrate_validator.services import ValidationSettings, validate
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.3/context"
# Recommendations about an organisation's address, register number and contact: the authors have none to give.
NOT_FOR_US = [f"ro-crate-1.2_{check}" for check in ("86.2", "89.0", "90.1", "93.0")]


def remember(context: Path, cache: str) -> None:
    """Put the context's file where the validator looks for what it would fetch."""
    body = context.read_bytes()
    found = requests.Response()
    found.status_code, found.url, found._content = 200, CONTEXT, body
    found.headers["Content-Type"] = "application/ld+json"
    found.request = requests.Request("GET", CONTEXT).prepare()
    found.raw = HTTPResponse(io.BytesIO(body), status=200, request_url=CONTEXT)
    CachedSession(cache, backend="sqlite", expire_after=-1).cache.save_response(found)


def lacks(crate: str, cache: str) -> list[str]:
    """Return what a crate lacks."""
    settings = ValidationSettings(
        rocrate_uri=crate, profile_identifier="ro-crate-1.3", offline=True, cache_path=cache,
        cache_max_age=-1, requirement_severity=Severity.RECOMMENDED,
    )  # fmt: skip
    return [
        f"{crate}: {issue.check.identifier}: {issue.message}"
        for issue in validate(settings).get_issues()
        if issue.check.identifier not in NOT_FOR_US
    ]


def main() -> None:
    """Say what each crate lacks; fail when one lacks anything."""
    context, *crates = sys.argv[1:]
    if not crates:
        sys.exit("no crate to validate: build the book first, `make book`")
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool() as pool:
        cache = str(Path(folder, "context"))
        remember(Path(context), cache)
        found = pool.imap(functools.partial(lacks, cache=cache), crates)
        wrong = [line for lines in track(found, "research objects", len(crates)) for line in lines]
    print("\n".join(wrong) or f"{len(crates)} research objects are as RO-Crate 1.3 wants them")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
