"""The registry of datasets: `data/datasets.yml`, checked before anything is read.

A dataset is a file of the checkout (`path`) or of an installed package (`package` and `path` in it);
both are held to their SHA-256, so that a result can say which bytes it is from.
"""

import hashlib
import importlib.util
import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PACKAGED = Path(__file__).resolve().parents[1] / "_checkout"
"""What an installed wheel carries of the checkout."""


class DataError(Exception):
    """A dataset that is missing, unknown, or not what its checksum says."""


class Dataset(BaseModel):
    """One dataset and its terms."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: str
    path: str
    package: str | None = None
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    licence: str
    source: str
    citation: str

    @property
    def file(self) -> Path:
        """Return where the file lies on this machine."""
        if self.package is None:
            return _root() / "data" / self.path
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise DataError(f"{self.id}: needs the package {self.package}, which is not installed")
        return Path(spec.submodule_search_locations[0]) / self.path


def _root() -> Path:
    if named := os.environ.get("REDRAWN_ROOT"):
        return Path(named)
    return PACKAGED if PACKAGED.is_dir() else Path(__file__).resolve().parents[3]


def load() -> dict[str, Dataset]:
    """Return every dataset by id.

    Raises:
        DataError: the registry is not valid; the message names the entry and field.

    """
    path = _root() / "data" / "datasets.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    datasets = {}
    for name, entry in entries.items():
        try:
            datasets[name] = Dataset(id=name, **entry)
        except (ValidationError, TypeError) as error:
            raise DataError(f"{path.name}: {name}: {error}") from error
    return datasets


def checksums(ids) -> dict[str, str]:
    """Return the registered SHA-256 of each dataset of `ids`."""
    if not ids:
        return {}
    known = load()
    if unknown := set(ids) - set(known):
        raise DataError(f"datasets.yml has no {', '.join(sorted(unknown))}")
    return {name: known[name].sha256 for name in ids}


def verify(dataset: Dataset) -> Path:
    """Return the dataset's file once its checksum fits.

    Raises:
        DataError: it is missing or differs.

    """
    file = dataset.file
    if not file.is_file():
        raise DataError(f"{dataset.id}: {file} is missing; restore it with git or pip")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != dataset.sha256:
        raise DataError(
            f"{dataset.id}: {file} has SHA-256 {found[:12]}…, expected {dataset.sha256[:12]}…; "
            "restore it with git or pip"
        )
    return file


def path_of(name: str) -> Path:
    """Return the checked file of a registered dataset."""
    known = load()
    if name not in known:
        raise DataError(f"datasets.yml has no {name!r}; it has {', '.join(sorted(known))}")
    return verify(known[name])
