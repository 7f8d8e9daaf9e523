"""The record of a run: what was measured, and where. One JSON file, sealed by its own digest."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from redrawn.book import atomic

SCHEMA = 1


class RecordError(Exception):
    """A record or baseline that cannot be read; the message says what to do."""


class FigureRecord(BaseModel):
    """A figure that was drawn; its files are `figures/<id>.{svg,png,pdf,csv,json}`."""

    model_config = ConfigDict(extra="forbid")
    id: str
    caption: str
    alt: str
    sha256: dict[str, str]


class Provenance(BaseModel):
    """Where, when and with what a run was made."""

    model_config = ConfigDict(extra="forbid")
    commit: str
    dirty: bool
    lock_sha256: str
    data_sha256: dict[str, str]
    versions: dict[str, str]
    machine: str
    started: str
    wall_seconds: float
    peak_mb: float


class Record(BaseModel):
    """One run of one chapter. `failed` has its error and no verdicts."""

    model_config = ConfigDict(extra="forbid")
    schema_version: Literal[1] = SCHEMA
    slug: str
    profile: str
    seed: int
    seeds: list[int] | None = None
    """The seeds of all runs, in a record that joins several."""
    device: str
    key: str
    status: Literal["ok", "failed"]
    error: str = ""
    measured: dict[str, Any] = Field(default_factory=dict)
    numbers: dict[str, float] = Field(default_factory=dict)
    figures: list[FigureRecord] = Field(default_factory=list)
    provenance: Provenance

    def save(self, path: Path) -> None:
        """Write the record atomically, sealed by the digest of its content."""
        content = json.loads(self.model_dump_json())
        atomic.write_text(path, json.dumps({"digest": digest(content), **content}, indent=1) + "\n")


def digest(content: dict) -> str:
    """Return the SHA-256 of `content` in canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


AGAIN = "run the chapter again"


def load(path: Path, cure: str = AGAIN) -> Record | None:
    """Return the record at `path`, None where there is none.

    Raises:
        RecordError: the file is damaged, was edited, or is of another schema; `cure` says what to do.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise RecordError(f"{path}: damaged ({error!r}); {cure}") from error
    return parse(text, path, cure)


def parse(text: str, path: Path | str, cure: str = AGAIN) -> Record:
    """Return the record that `text`, read from `path`, holds; raises as `load` does."""
    try:
        content = json.loads(text)
        seal = content.pop("digest")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise RecordError(f"{path}: damaged ({error!r}); {cure}") from error
    if seal != digest(content):
        raise RecordError(f"{path}: does not match its digest; {cure}")
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        version = content.get("schema_version")
        raise RecordError(f"{path}: schema {version}, expected {SCHEMA}; {cure}") from error
